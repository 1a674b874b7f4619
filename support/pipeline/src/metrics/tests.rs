use super::*;

fn environment(vars: &[(&str, &str)]) -> Environment {
    Environment::from_vars(
        vars.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

/// Where a push would go: address and path.
fn target(vars: &[(&str, &str)]) -> Option<(String, String)> {
    let gateway = gateway(&environment(vars)).unwrap()?;
    let parts = gateway.push(&Exposition::default()).into_parts();
    Some((gateway.url().to_string(), parts.path().unwrap()))
}

fn to(url: &str, path: &str) -> (String, String) {
    (url.to_owned(), path.to_owned())
}

#[test]
fn the_variables_are_the_incumbents() {
    let localhost = "http://localhost:9091/";
    assert_eq!(
        target(&[
            ("PUSHGATEWAY_URL", "gateway:9091"),
            ("JOB_NAME", "moves"),
            ("INSTANCE_LABEL", "a/b")
        ]),
        Some(to(
            "http://gateway:9091/",
            "/metrics/job/moves/instance@base64/YS9i"
        ))
    );
    assert_eq!(
        target(&[("PUSHGATEWAY_URL", "https://gateway/below")]),
        Some(to(
            "https://gateway/below",
            "/metrics/job/nersc_transfer/instance/data_transfer"
        ))
    );
    assert_eq!(
        target(&[("INSTANCE_LABEL", "beamline")]),
        Some(to(localhost, "/metrics/job/nersc_transfer/instance/beamline"))
    );
    assert_eq!(
        target(&[("PUSHGATEWAY_URL", "x"), ("JOB_NAME", ""), ("INSTANCE_LABEL", "")]),
        Some(to("http://x/", "/metrics/job/nersc_transfer/instance@base64/%3D"))
    );
}

#[test]
fn without_them_nothing_is_pushed() {
    for vars in [
        &[][..],
        &[("PUSHGATEWAY_URL", "")],
        &[("PUSHGATEWAY_URL", " "), ("JOB_NAME", "moves")],
        &[("JOB_NAME", ""), ("INSTANCE_LABEL", "")],
    ] {
        assert_eq!(target(vars), None, "{vars:?}");
    }
}

#[test]
fn a_url_that_cannot_be_right_names_its_variable() {
    let metrics = Metrics::new(&environment(&[("PUSHGATEWAY_URL", "ftp://x")]));
    assert!(metrics.gateway.unwrap_err().starts_with("PUSHGATEWAY_URL: "));
}

fn delivered(machine: &str, bytes: u64) -> Delivered {
    Delivered {
        machine: machine.to_owned(),
        bytes,
        bytes_per_second: Some(50),
        seconds: Some(2.5),
    }
}

#[test]
fn each_push_has_every_hop_of_the_run_until_then() {
    let mut told = Told::default();
    let mut figures = |delivered: Option<Delivered>| {
        told.latest = delivered.into_iter().collect();
        told.figures(Duration::from_secs(3)).map(|figures| {
            let text = figures.as_str().lines().filter(|line| !line.starts_with('#'));
            text.map(str::to_owned).collect::<Vec<_>>()
        })
    };
    assert_eq!(figures(None), None, "a copy that stood already");
    assert_eq!(figures(Some(delivered("data832", 0))), None, "nothing was moved");
    assert_eq!(figures(Some(delivered("data832", 100))).unwrap().len(), 5);
    let lines = figures(Some(delivered("nersc832", 100))).unwrap();
    assert_eq!(lines.len(), 10);
    assert_ne!(lines[0], lines[1], "each transfer has an id of its own");
    assert_eq!(
        lines[4..],
        [
            r#"nersc_transfer_file_bytes{machine="data832"} 100"#,
            r#"nersc_transfer_file_bytes{machine="nersc832"} 100"#,
            r#"nersc_transfer_speed_bytes_per_second{machine="data832"} 50"#,
            r#"nersc_transfer_speed_bytes_per_second{machine="nersc832"} 50"#,
            r#"nersc_transfer_time_seconds{machine="data832"} 3"#,
            r#"nersc_transfer_time_seconds{machine="nersc832"} 3"#,
        ]
    );
}

#[test]
fn a_task_that_was_found_again_took_as_long_as_the_service_says() {
    let sample = Sample::of(delivered("m", 100), Duration::from_millis(10));
    assert!((sample.seconds - 2.5).abs() < 1e-9);
    let unknown = Delivered {
        bytes_per_second: None,
        seconds: None,
        ..delivered("m", 100)
    };
    let sample = Sample::of(unknown, Duration::from_secs(4));
    assert!((sample.bytes_per_second - 25.0).abs() < 1e-9);
}
