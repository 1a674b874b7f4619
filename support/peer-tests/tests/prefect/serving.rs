//! The server itself: it comes up, goes away and comes back with what it had.

use peer_tests::{PrefectServer, PrefectVersion};

#[tokio::test]
async fn a_server_comes_back_with_its_database() {
    let mut server = PrefectServer::start(PrefectVersion::from_env().unwrap()).unwrap();
    let client = prefect_client::Client::builder()
        .base_url(server.api_url())
        .build()
        .unwrap();
    assert_eq!(client.version().send().await.unwrap(), server.version().as_str());
    server.stop().unwrap();
    assert!(client.health().send().await.is_err());
    server.resume().unwrap();
    client.health().send().await.unwrap();
}
