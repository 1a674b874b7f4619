//! Everything that can be known to be wrong before a run, found at once and without the network.

mod config_file;
mod finding;
mod folders;
mod urls;
mod variables;

use std::path::Path;

use splash_flows::dotenv::{Environment, EnvironmentError};

pub use finding::{Finding, Severity};

/// What is checked.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration file.
    pub config: &'a Path,
    /// The file of variables; without one `.env` in the current folder, if there is one.
    pub env_file: Option<&'a Path>,
    /// Where runs are recorded; without one the default.
    pub state_dir: Option<&'a Path>,
}

/// Checks the configuration, the variables and the folders. Sends nothing.
///
/// A YAML file that cannot be parsed gives one finding, as nothing can be said of what follows; everything else is found
/// at once.
pub fn check(subject: Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let environment = environment(subject.env_file, &mut findings);
    let config = config_file::check(subject.config, &environment, &mut findings);
    variables::check(&environment, config.as_ref(), &mut findings);
    urls::check(&environment, &mut findings);
    folders::state(subject.state_dir, &environment, &mut findings);
    findings.sort_by_key(Finding::order);
    findings
}

/// The variables, as far as they can be read.
fn environment(file: Option<&Path>, findings: &mut Vec<Finding>) -> Environment {
    let path = file.unwrap_or(Path::new(".env"));
    match Environment::inspect(file) {
        Ok((environment, errors)) => {
            let name = path.display().to_string();
            findings.extend(errors.into_iter().map(|error| Finding {
                line: Some(error.line),
                column: Some(error.column),
                file: Some(name.clone()),
                ..Finding::error(None, "", format!("{}; write NAME=value", error.problem))
            }));
            folders::secrets(path, findings);
            environment
        }
        Err(EnvironmentError::Read(path, error)) => {
            findings.push(Finding::of_file(
                &path,
                format!("cannot be read: {error} (check --env-file)"),
            ));
            Environment::from_process()
        }
        Err(error) => {
            findings.push(Finding::of_file(path, error.to_string()));
            Environment::from_process()
        }
    }
}
