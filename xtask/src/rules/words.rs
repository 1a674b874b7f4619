//! Words that tell that a layer knows too much: beamlines in a client, HTTP in the pipelines.

use super::{CLIENTS, Violation};
use crate::project::Project;

const BEAMLINES: &[&str] = &[
    "bl832", "bl7012", "spot832", "data832", "nersc832", "8.3.2", "7.0.1.2",
];

/// Checks the sources of the clients and of splash-flows.
pub(super) fn check(project: &Project) -> Vec<Violation> {
    let mut found = beamlines(project);
    found.extend(raw_http(project));
    found
}

/// A client serves any facility, so no beamline is named in its source.
fn beamlines(project: &Project) -> Vec<Violation> {
    let mut found = Vec::new();
    for client in project
        .packages
        .iter()
        .filter(|package| CLIENTS.contains(&package.name.as_str()))
    {
        for file in project.rust_under(&format!("{}/src", client.folder)) {
            for (number, line) in file.lines() {
                let line = line.to_lowercase();
                let words = BEAMLINES.iter().filter(|word| has_word(&line, word));
                found.extend(words.map(|word| {
                    Violation::at(
                        &file.path,
                        number,
                        format!("a client crate names the beamline word `{word}`"),
                    )
                }));
            }
        }
    }
    found
}

/// Whether `word` stands in `line` on its own. `_` and `-` end a word (`data832_raw` names data832); a dot between
/// digits does not (`8.3.21` and `1.8.3.2` are other numbers).
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let mut before = line[..start].chars().rev();
        let mut after = line[start + word.len()..].chars();
        !continues(before.next(), before.next()) && !continues(after.next(), after.next())
    })
}

fn continues(nearest: Option<char>, next: Option<char>) -> bool {
    nearest.is_some_and(char::is_alphanumeric)
        || (nearest == Some('.') && next.is_some_and(|next| next.is_ascii_digit()))
}

/// What the pipelines need of a service belongs into its client, so they never speak HTTP themselves.
fn raw_http(project: &Project) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in ["splash-flows/src", "support/pipeline/src"]
        .into_iter()
        .flat_map(|folder| project.rust_under(folder))
    {
        for (number, line) in file.lines() {
            if let Some(word) = http_word(line) {
                let what = format!("names `{word}`; what is missing belongs into the client crate");
                found.push(Violation::at(&file.path, number, what));
            }
        }
    }
    found
}

/// `.request()` without an argument is some getter; the clients' raw call takes the request.
fn http_word(line: &str) -> Option<&'static str> {
    let raw_call = line
        .match_indices(".request(")
        .any(|(at, word)| !line[at + word.len()..].starts_with(')'));
    let named = ["reqwest", "http::Method", "RequestParts"]
        .into_iter()
        .find(|word| line.contains(word));
    named.or(raw_call.then_some(".request("))
}

#[cfg(test)]
mod tests {
    use super::super::planted::{files, package};
    use super::*;

    fn in_client(text: &str) -> usize {
        let mut project = files(&[
            ("scicat/src/lib.rs", text),
            ("scicat/tests/api/main.rs", "// bl832"),
        ]);
        project.packages.push(package("scicat", "scicat", &[]));
        check(&project).len()
    }

    #[test]
    fn a_beamline_in_a_clients_source_is_found() {
        assert_eq!(in_client("// as bl832 does"), 1);
        assert_eq!(in_client("let endpoint = \"data832_raw\";"), 1);
        assert_eq!(in_client("/data_mover/8.3.2/raw"), 1);
        assert_eq!(in_client("Beamline 7.0.1.2, BL7012."), 2);
    }

    #[test]
    fn parts_of_other_words_and_a_clients_tests_are_not() {
        assert_eq!(in_client("version 18.3.2, 8.3.21, 1.8.3.2, mydata8321"), 0);
    }

    fn in_flows(text: &str) -> Vec<String> {
        check(&files(&[("splash-flows/src/mover.rs", text)]))
            .into_iter()
            .map(|one| one.to_string())
            .collect()
    }

    #[test]
    fn raw_http_in_the_pipelines_is_found_with_its_line() {
        let found = in_flows("\nuse reqwest::Client;");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("splash-flows/src/mover.rs:2: "), "{found:?}");
        assert_eq!(in_flows("client.request(parts).await?").len(), 1);
        assert_eq!(in_flows("http::Method::GET").len(), 1);
        assert_eq!(
            check(&files(&[("support/pipeline/src/run.rs", "reqwest")])).len(),
            1
        );
    }

    #[test]
    fn a_getter_of_that_name_and_the_commands_source_are_not() {
        assert!(in_flows("let bytes = intent.request();").is_empty());
        assert!(check(&files(&[("splash-flows/cli/src/main.rs", "reqwest")])).is_empty());
    }
}
