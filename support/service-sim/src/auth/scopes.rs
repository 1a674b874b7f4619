//! Which resource server a scope belongs to.

/// Full access to Globus Transfer.
pub(crate) const TRANSFER_ALL: &str = "urn:globus:auth:scope:transfer.api.globus.org:all";

const BY_ID: &str = "https://auth.globus.org/scopes/";

/// What is granted for one resource server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) server: String,
    /// The plain scopes, separated by blanks.
    pub(super) scope: String,
    /// The mapped collections whose data may be reached through Transfer.
    pub(super) data_access: Vec<String>,
}

/// The plain scopes of a request by resource server, in order of appearance; `None` if one cannot be read.
///
/// Dependencies in brackets (`all[*data_access]`) are part of the scope before them and are not named in the answer.
pub(super) fn read(requested: &str) -> Option<Vec<Granted>> {
    let mut granted: Vec<Granted> = Vec::new();
    for (scope, dependencies) in parts(requested)? {
        let server = resource_server(&scope)?;
        let data_access = match scope.as_str() {
            TRANSFER_ALL => collections(&dependencies),
            _ => Vec::new(),
        };
        match granted.iter_mut().find(|known| known.server == server) {
            Some(known) => {
                known.scope = format!("{} {scope}", known.scope);
                known.data_access.extend(data_access);
            }
            None => granted.push(Granted {
                server: server.to_owned(),
                data_access,
                scope,
            }),
        }
    }
    (!granted.is_empty()).then_some(granted)
}

/// Each scope at the top, with the text of its dependencies.
fn parts(requested: &str) -> Option<Vec<(String, String)>> {
    let mut depth = 0_usize;
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for c in requested.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        let is_top = depth == 0 && c != ']';
        if is_top && c.is_whitespace() {
            open = false;
            continue;
        }
        if !open {
            found.push(Default::default());
            open = true;
        }
        let (scope, dependencies) = found.last_mut()?;
        if is_top { scope } else { dependencies }.push(c);
    }
    (depth == 0).then_some(found)
}

/// The collections among dependencies such as `[*https://…/scopes/<id>/data_access …]`.
fn collections(dependencies: &str) -> Vec<String> {
    dependencies
        .split(['[', ']', ' '])
        .filter_map(|scope| scope.trim_start_matches('*').strip_prefix(BY_ID))
        .filter_map(|rest| rest.strip_suffix("/data_access"))
        .map(str::to_owned)
        .collect()
}

fn resource_server(scope: &str) -> Option<&str> {
    if matches!(scope, "openid" | "email" | "profile") {
        return Some("auth.globus.org");
    }
    if let Some(rest) = scope.strip_prefix("urn:globus:auth:scope:") {
        return rest.split_once(':').map(|(server, _)| server);
    }
    let (id, _) = scope.strip_prefix(BY_ID)?.split_once('/')?;
    // Services have names as resource servers, collections their uuid.
    match id {
        "eec9b274-0c81-4334-bdc2-54e90e689b9a" => Some("flows.globus.org"),
        "facd7ccc-c5f4-42aa-916b-a0e270e2c2a9" => Some("funcx_service"),
        _ => Some(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_grouped_and_lose_their_dependencies() {
        let text = format!("{TRANSFER_ALL}[*{BY_ID}c1/data_access {BY_ID}c2/data_access] openid email");
        let granted = read(&text).unwrap();
        let expected = [
            ("transfer.api.globus.org", TRANSFER_ALL, vec!["c1", "c2"]),
            ("auth.globus.org", "openid email", vec![]),
        ];
        let found: Vec<_> = granted
            .iter()
            .map(|one| {
                let data_access = one.data_access.iter().map(String::as_str).collect::<Vec<_>>();
                (one.server.as_str(), one.scope.as_str(), data_access)
            })
            .collect();
        assert_eq!(found, expected);
        for wrong in [
            "",
            "nonsense",
            "openid]",
            "openid[email",
            "[openid]",
            "urn:globus:auth:scope:x",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
