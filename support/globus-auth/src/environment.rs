//! Where the services of Globus are, as the Python SDK decides it: `GLOBUS_SDK_SERVICE_URL_*` before
//! `GLOBUS_SDK_ENVIRONMENT` before the public service.

use std::fmt;
use std::str::FromStr;

use rest_core::Vars;

use crate::{Error, Result};

/// The variable that names the environment.
pub const ENVIRONMENT_VARIABLE: &str = "GLOBUS_SDK_ENVIRONMENT";

/// A deployment of all services. The last four are internal to Globus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Environment {
    /// The public services.
    #[default]
    Production,
    /// The public services' next release.
    Preview,
    /// Internal.
    Sandbox,
    /// Internal.
    Integration,
    /// Internal.
    Test,
    /// Internal.
    Staging,
}

impl Environment {
    /// All environments.
    pub const ALL: [Self; 6] = [
        Self::Production,
        Self::Preview,
        Self::Sandbox,
        Self::Integration,
        Self::Test,
        Self::Staging,
    ];

    /// The name that [`ENVIRONMENT_VARIABLE`] holds.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Preview => "preview",
            Self::Sandbox => "sandbox",
            Self::Integration => "integration",
            Self::Test => "test",
            Self::Staging => "staging",
        }
    }

    /// The environment that [`ENVIRONMENT_VARIABLE`] names; production if it is unset or empty.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown name.
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self> {
        match vars.get(&[ENVIRONMENT_VARIABLE]) {
            Some(name) => name.trim().parse(),
            None => Ok(Self::default()),
        }
    }

    fn domain(self) -> String {
        match self {
            Self::Production => "globus.org".to_owned(),
            Self::Preview => "preview.globus.org".to_owned(),
            internal => format!("{internal}.globuscs.info"),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|environment| environment.as_str() == name)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                let name = name.escape_debug();
                Error::config(format!(
                    "{ENVIRONMENT_VARIABLE}: `{name}` is no environment, only {known}"
                ))
            })
    }
}

/// A service of Globus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Globus Auth.
    Auth,
    /// Globus Transfer.
    Transfer,
    /// Globus Flows.
    Flows,
    /// Globus Compute.
    Compute,
    /// Globus Timers.
    Timer,
    /// Globus Groups.
    Groups,
    /// Globus Search.
    Search,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 7] = [
        Self::Auth,
        Self::Transfer,
        Self::Flows,
        Self::Compute,
        Self::Timer,
        Self::Groups,
        Self::Search,
    ];

    /// The variable that says where the service is, whatever the environment.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Auth => "GLOBUS_SDK_SERVICE_URL_AUTH",
            Self::Transfer => "GLOBUS_SDK_SERVICE_URL_TRANSFER",
            Self::Flows => "GLOBUS_SDK_SERVICE_URL_FLOWS",
            Self::Compute => "GLOBUS_SDK_SERVICE_URL_COMPUTE",
            Self::Timer => "GLOBUS_SDK_SERVICE_URL_TIMER",
            Self::Groups => "GLOBUS_SDK_SERVICE_URL_GROUPS",
            Self::Search => "GLOBUS_SDK_SERVICE_URL_SEARCH",
        }
    }

    /// Where the service is in `environment`, with a slash at the end.
    pub fn base_url(self, environment: Environment) -> String {
        let domain = environment.domain();
        match self {
            Self::Auth => format!("https://auth.{domain}/"),
            Self::Transfer => format!("https://transfer.api.{domain}/"),
            Self::Compute => format!("https://compute.api.{domain}/"),
            Self::Groups => format!("https://groups.api.{domain}/"),
            Self::Search => format!("https://search.api.{domain}/"),
            Self::Flows => automate("flows", environment),
            Self::Timer => automate("timer", environment),
        }
    }

    /// Where the service is by the variables: its own, then [`ENVIRONMENT_VARIABLE`]. An empty variable counts as
    /// unset.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown environment, unless the service's own variable
    /// is set.
    pub fn url_from_vars(self, vars: &Vars<'_>) -> Result<String> {
        match vars.get(&[self.variable()]) {
            Some(url) => Ok(url.trim().to_owned()),
            None => Ok(self.base_url(Environment::from_vars(vars)?)),
        }
    }
}

/// These two have a domain of their own.
fn automate(service: &str, environment: Environment) -> String {
    match environment {
        Environment::Production => format!("https://{service}.automate.globus.org/"),
        other => format!("https://{other}.{service}.automate.globus.org/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(service: Service, pairs: &[(&str, &str)]) -> Result<String> {
        let lookup = |name: &str| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        service.url_from_vars(&Vars::new(&lookup))
    }

    #[test]
    fn the_table() {
        let mut table = Vec::new();
        for environment in Environment::ALL {
            for service in Service::ALL {
                table.push(format!("{environment} {}", service.base_url(environment)));
            }
        }
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn the_own_variable_comes_first_then_the_environment() {
        let preview = ("GLOBUS_SDK_ENVIRONMENT", "preview");
        let own = ("GLOBUS_SDK_SERVICE_URL_AUTH", "https://auth.example/");
        assert_eq!(url(Service::Auth, &[]).unwrap(), "https://auth.globus.org/");
        assert_eq!(
            url(Service::Auth, &[preview]).unwrap(),
            "https://auth.preview.globus.org/"
        );
        assert_eq!(
            url(Service::Auth, &[preview, own]).unwrap(),
            "https://auth.example/"
        );
        let empty = [
            ("GLOBUS_SDK_ENVIRONMENT", " "),
            ("GLOBUS_SDK_SERVICE_URL_AUTH", ""),
        ];
        assert_eq!(url(Service::Auth, &empty).unwrap(), "https://auth.globus.org/");
    }

    #[test]
    fn an_unknown_environment_is_an_error_unless_it_does_not_matter() {
        let unknown = ("GLOBUS_SDK_ENVIRONMENT", "prod\n");
        let error = url(Service::Transfer, &[("GLOBUS_SDK_ENVIRONMENT", "prod")]).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Config);
        assert!(error.to_string().contains("`prod` is no environment"), "{error}");
        let own = ("GLOBUS_SDK_SERVICE_URL_TRANSFER", "http://127.0.0.1:1");
        assert_eq!(
            url(Service::Transfer, &[unknown, own]).unwrap(),
            "http://127.0.0.1:1"
        );
    }
}
