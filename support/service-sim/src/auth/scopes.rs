//! Which resource server a scope belongs to.

/// Full access to Globus Transfer.
pub(crate) const TRANSFER_ALL: &str = "urn:globus:auth:scope:transfer.api.globus.org:all";

/// The plain scopes of a request by resource server, in order of appearance; `None` if one cannot be read.
///
/// Dependencies in brackets (`all[*data_access]`) are part of the scope before them and are not named in the answer.
pub(crate) fn by_resource_server(requested: &str) -> Option<Vec<(String, String)>> {
    let mut granted: Vec<(String, String)> = Vec::new();
    for scope in without_dependencies(requested)?.split_whitespace() {
        let server = resource_server(scope)?;
        match granted.iter_mut().find(|(known, _)| *known == server) {
            Some((_, scopes)) => {
                scopes.push(' ');
                scopes.push_str(scope);
            }
            None => granted.push((server.to_owned(), scope.to_owned())),
        }
    }
    (!granted.is_empty()).then_some(granted)
}

fn without_dependencies(requested: &str) -> Option<String> {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for c in requested.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1)?,
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    (depth == 0).then_some(plain)
}

fn resource_server(scope: &str) -> Option<&str> {
    if matches!(scope, "openid" | "email" | "profile") {
        return Some("auth.globus.org");
    }
    if let Some(rest) = scope.strip_prefix("urn:globus:auth:scope:") {
        return rest.split_once(':').map(|(server, _)| server);
    }
    let (id, _) = scope
        .strip_prefix("https://auth.globus.org/scopes/")?
        .split_once('/')?;
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
        let text = format!("{TRANSFER_ALL}[*https://auth.globus.org/scopes/c1/data_access] openid email");
        let granted = by_resource_server(&text).unwrap();
        assert_eq!(
            granted,
            [
                ("transfer.api.globus.org".to_owned(), TRANSFER_ALL.to_owned()),
                ("auth.globus.org".to_owned(), "openid email".to_owned()),
            ]
        );
        for wrong in [
            "",
            "nonsense",
            "openid]",
            "openid[email",
            "urn:globus:auth:scope:x",
        ] {
            assert_eq!(by_resource_server(wrong), None, "{wrong}");
        }
    }
}
