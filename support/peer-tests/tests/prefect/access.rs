//! Who is let in: servers that ask for a password, and keys over plain http.

use peer_tests::{PrefectServer, PrefectVersion};
use prefect_client::{Client, ClientBuilder, ErrorKind};

use crate::site::{Site, wait_for};

const AUTH: &str = "admin:correct-horse-battery";

fn with(variables: &[(&str, &str)]) -> prefect_client::Result<Client> {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    ClientBuilder::from_vars(lookup).and_then(ClientBuilder::build)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_password_lets_in_who_has_it() {
    let settings = [("PREFECT_SERVER_API_AUTH_STRING", AUTH)];
    let server = PrefectServer::start_with(PrefectVersion::from_env().unwrap(), &settings).unwrap();
    let url = server.api_url();
    let asked = async |auth: &str| {
        let client = with(&[("PREFECT_API_URL", &url), ("PREFECT_API_AUTH_STRING", auth)]).unwrap();
        client.work_pools().list().send().await
    };
    asked(AUTH).await.unwrap();
    for wrong in ["", "admin:wrong"] {
        let refused = asked(wrong).await.unwrap_err();
        assert_eq!(refused.status(), Some(401), "{refused}");
        assert!(!format!("{refused:?}").contains("wrong"), "{refused:?}");
    }
    // The command, and a worker, by the environment.
    let site = Site::new(&server);
    let without = site.command("state", &["deploy", "832"]).output().unwrap();
    assert!(!without.status.success());
    let mut deploy = site.command("state", &["deploy", "832"]);
    let deployed = deploy.env("PREFECT_API_AUTH_STRING", AUTH).output().unwrap();
    let said = String::from_utf8_lossy(&deployed.stderr);
    assert!(deployed.status.success(), "{said}");
    assert!(!said.contains("correct-horse"), "{said}");
    let _worker = site.worker_with("worker", &[], |command| {
        command.env("PREFECT_API_AUTH_STRING", AUTH)
    });
    let client = with(&[("PREFECT_API_URL", &url), ("PREFECT_API_AUTH_STRING", AUTH)]).unwrap();
    wait_for(&site.log("worker"), async || {
        let pool = client.work_pool("new_file_832_pool");
        let workers = pool.workers().status(["ONLINE"]).send().await.ok()?.items;
        (!workers.is_empty()).then_some(())
    })
    .await;
}

/// The server takes any key, as it has no password; what is tested is where our client sends one.
#[tokio::test]
async fn a_key_goes_over_plain_http_only_to_a_host_that_was_named() {
    let server = crate::support::shared();
    // Reaches this machine, and is no loopback address by its looks.
    let elsewhere = server.api_url().replace("127.0.0.1", "0.0.0.0");
    let key = ("PREFECT_API_KEY", "pnu_0123456789abcdef");
    let refused = match with(&[("PREFECT_API_URL", &elsewhere), key]) {
        Ok(client) => client.health().send().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(refused.kind(), ErrorKind::Config, "{refused}");
    assert!(refused.to_string().contains("ALLOW_HTTP_HOSTS"), "{refused}");
    assert!(!refused.to_string().contains("pnu_"), "{refused}");
    let allowed = ("ALLOW_HTTP_HOSTS", "prefect_server,0.0.0.0");
    let client = with(&[("PREFECT_API_URL", &elsewhere), key, allowed]).unwrap();
    client.work_pools().list().send().await.unwrap();
}
