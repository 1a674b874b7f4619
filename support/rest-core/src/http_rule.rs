//! The plain-http rule: secrets travel over `http://` only where that was allowed.

use std::net::IpAddr;

use url::{Host, Url};

use crate::error::{Error, Result};

/// The variable that names hosts to which secrets may go over plain `http://`, separated by commas.
pub(crate) const ALLOW_HTTP_HOSTS: &str = "ALLOW_HTTP_HOSTS";

/// The hosts in a comma-separated list such as `prefect,prefect_server:4200`.
pub(crate) fn parse_http_hosts(list: &str) -> Vec<String> {
    list.split(',')
        .map(|host| host.trim().to_lowercase())
        .filter(|host| !host.is_empty())
        .collect()
}

/// Refuses to send a secret to `url` unless it is https, loopback or one of `hosts`.
pub(crate) fn check(url: &Url, hosts: &[String]) -> Result<()> {
    if url.scheme() == "https" || is_loopback(url) {
        return Ok(());
    }
    let host = url.host_str().unwrap_or_default().to_lowercase();
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    if hosts
        .iter()
        .any(|allowed| *allowed == host || Some(allowed) == with_port.as_ref())
    {
        return Ok(());
    }
    Err(Error::config(format!(
        "refusing to send a token or password to {host} over plain http: use https, or allow it with \
         {ALLOW_HTTP_HOSTS}={host}"
    )))
}

/// Whether the URL points at this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}
