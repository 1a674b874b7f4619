use rest_core::ExposeSecret;
use serde_json::json;

use super::*;

const EXAMPLE: &str = include_str!("../../../../config.example.yml");
const UUID: &str = "44ae904c-ab64-4145-a8f0-7287de38324d";

static RULES: SiteRules = SiteRules {
    on_site: &["spot832", "data832", "data832_raw", "data832_scratch"],
    prune_rules: &[],
    derived: &["data832_scratch", "alcf832_scratch"],
    raw_only: &[],
    catalogued: &[],
    ingest: &[],
    usual_variable: |_| None,
    keys: &[],
    settings: |_| std::sync::Arc::new(()),
};

fn env(vars: &[(&str, &str)]) -> Environment {
    Environment::from_vars(
        vars.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(
        text,
        "config.yml",
        &env(&[("ROOT", "/data"), ("ID", UUID)]),
        &RULES,
    )
}

fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// One endpoint `e` with these lines.
fn endpoint(fields: &[&str]) -> Config {
    let fields = fields.join("\n      ");
    parse(&format!("globus:\n  globus_endpoints:\n    e:\n      {fields}\n")).unwrap()
}

#[test]
fn the_example_is_complete() {
    let config = Config::parse(EXAMPLE, "config.example.yml", &env(&[]), &RULES).unwrap();
    assert_eq!(config.endpoints().len(), 22);
    for (key, endpoint) in config.endpoints() {
        assert!(endpoint.uuid().is_ok() && endpoint.join("x").is_ok(), "{key}");
        assert!(endpoint.local("x").unwrap().is_none(), "{key}");
    }
    let path = |key: &str| config.endpoint(key).unwrap().join("/raw/x.h5").unwrap();
    assert_eq!(path("spot832"), "/raw/x.h5");
    assert_eq!(path("data832"), "/data/raw/x.h5");
    assert_eq!(
        path("nersc832"),
        "/global/cfs/cdirs/als/data_mover/8.3.2/raw/x.h5"
    );
    assert_eq!(config.endpoint("alcf832_raw").unwrap().name(), "alcf_raw");
    assert_eq!(config.deletion(), DeletionMode::Report);
    assert_eq!(config.stall(), Duration::from_secs(3600));
    assert_eq!(
        config.variables()["bl832-settings"]["delete_data832_files_after_days"],
        35
    );
    let extra: Vec<_> = config.extra().keys().map(String::as_str).collect();
    assert_eq!(extra, ["ghcr_images832", "harbor_images832", "prefect", "scicat"]);
    assert_eq!(
        config.extra()["prefect"]["deployments"][0]["type_spec"],
        "new_file_832"
    );
}

#[test]
fn defaults() {
    for text in [
        "",
        "# nothing\n",
        "globus:\n",
        "globus:\n  globus_endpoints:\n  globus_apps:\n",
        "stall:\n",
    ] {
        let config = parse(text).unwrap();
        assert_eq!(config.deletion(), DeletionMode::Report);
        assert_eq!(config.stall(), Duration::from_secs(3600));
        assert!(
            config
                .fatal_nice_statuses()
                .iter()
                .eq(["FILE_NOT_FOUND", "PERMISSION_DENIED"])
        );
        assert!(config.endpoints().is_empty() && config.variables().is_empty() && config.extra().is_empty());
        assert!(config.globus_app().unwrap().is_none());
    }
}

#[test]
fn our_own_keys() {
    let config =
        parse("deletion: on\nstall: 90\nfatal_nice_statuses: [GONE, 12]\nvariables: {a: $ROOT}\n").unwrap();
    assert_eq!(config.deletion(), DeletionMode::On);
    assert_eq!(config.stall(), Duration::from_secs(90));
    assert!(config.fatal_nice_statuses().iter().eq(["12", "GONE"]));
    assert_eq!(config.variables()["a"], "/data");
    assert_eq!((config.share(), config.batch_across_runs()), (1, false));
    let shared = parse("batch_across_runs: yes\nglobus: {share: 1/3}\n").unwrap();
    assert_eq!((shared.share(), shared.batch_across_runs()), (3, true));
    for (text, expected) in [
        ("deletion: true", "config.yml:1:11: deletion must be `report`"),
        ("\nstall: soon", "config.yml:2:8: stall must be a time"),
        (
            "batch_across_runs: maybe",
            "config.yml:1:20: batch_across_runs must be true or false",
        ),
        (
            "globus: {share: 2/3}",
            "config.yml:1:17: globus.share must be 1/n",
        ),
        (
            "globus: {share: 1/0}",
            "config.yml:1:17: globus.share must be 1/n",
        ),
        (
            "globus: {share: 1/21}",
            "config.yml:1:17: globus.share must be 1/n",
        ),
        (
            "globus: {share: half}",
            "config.yml:1:17: globus.share must be 1/n",
        ),
    ] {
        assert!(message(text).starts_with(expected), "{}", message(text));
    }
}

#[test]
fn export_control_is_a_list_of_patterns() {
    let config = parse("export_control: [/raw/ec/**, '*_ec_*']\n").unwrap();
    let covered = |path: &str| config.export_control().pattern(path).map(ToString::to_string);
    assert_eq!(covered("/raw/ec/x.h5").as_deref(), Some("/raw/ec/**"));
    assert_eq!(covered("/raw/f/a_ec_b.h5").as_deref(), Some("*_ec_*"));
    assert_eq!(covered("/raw/f/x.h5"), None);
    for (text, expected) in [
        (
            "export_control: /raw/**\n",
            "config.yml:1:17: export_control must be a list",
        ),
        ("export_control: [/raw/[a, ../x]\n", "config.yml:1:"),
        (
            "export_control:\n- '/raw/[a'\n- ../x\n",
            "config.yml:2:3: export_control[0] must be a pattern",
        ),
    ] {
        assert!(message(text).starts_with(expected), "{}", message(text));
    }
}

#[test]
fn disks_of_the_beamline_are_on_site_unless_the_file_says_otherwise() {
    let on_site = |key: &str, field: &str| {
        let text = format!("globus: {{globus_endpoints: {{{key}: {{uuid: x, root_path: /{field}}}}}}}");
        parse(&text).unwrap().endpoint(key).unwrap().on_site()
    };
    for key in ["spot832", "data832", "data832_raw", "data832_scratch"] {
        assert!(on_site(key, "") && !on_site(key, ", on_site: false"), "{key}");
    }
    for key in ["nersc832", "alcf832_raw", "data832_other", "SPOT832"] {
        assert!(!on_site(key, "") && on_site(key, ", on_site: yes"), "{key}");
    }
}

#[test]
fn texts_are_expanded_also_in_quotes_and_ids_keep_every_character() {
    let config = endpoint(&[
        "uuid: \"$ID\"",
        "root_path: ${ROOT}/raw",
        "uri: '${ROOT}'",
        "name: 012",
    ]);
    let endpoint_read = config.endpoint("e").unwrap();
    assert_eq!(endpoint_read.uuid(), Ok(UUID));
    assert_eq!(endpoint_read.join("x").as_deref(), Ok("/data/raw/x"));
    assert_eq!((endpoint_read.uri(), endpoint_read.name()), ("/data", "012"));
    for id in ["1e5", "0x10", "1_000", "00012345", "12345678901234567890123"] {
        assert_eq!(
            endpoint(&["uuid: x", "root_path: /", &format!("uri: {id}")])
                .endpoint("e")
                .unwrap()
                .uri(),
            id
        );
    }
}

#[test]
fn an_unset_variable_is_an_error_only_where_it_is_used() {
    let config = endpoint(&["uuid: ${NO_ID}", "root_path: /x", "local_path: $NO_LOCAL/x"]);
    let endpoint = config.endpoint("e").unwrap();
    assert_eq!(endpoint.join("y").as_deref(), Ok("/x/y"));
    let error = endpoint.uuid().unwrap_err().to_string();
    let expected =
        "config.yml:4:13: globus.globus_endpoints.e.uuid needs the variable NO_ID, which is not set";
    assert!(error.starts_with(expected), "{error}");
    assert!(endpoint.local("y").unwrap_err().to_string().contains("NO_LOCAL"));
    assert_eq!(endpoint.to_parameter()["uuid"], "${NO_ID}");
}

#[test]
fn the_globus_app() {
    let text = "globus:\n  globus_apps:\n    als_transfer:\n      client_id: ${GLOBUS_CLIENT_ID}\n      client_secret: ${GLOBUS_CLIENT_SECRET}\n";
    let vars = env(&[("GLOBUS_CLIENT_ID", "id"), ("GLOBUS_CLIENT_SECRET", "hunter$2")]);
    let config = Config::parse(text, "config.yml", &vars, &RULES).unwrap();
    let app = config.globus_app().unwrap().unwrap();
    assert_eq!(
        (app.client_id.as_str(), app.client_secret.expose_secret()),
        ("id", "hunter$2")
    );
    assert!(!format!("{config:?}{app:?}").contains("hunter"));
    let error = parse(text).unwrap().globus_app().unwrap_err();
    assert_eq!(
        (error.variable.as_str(), error.place.line),
        ("GLOBUS_CLIENT_ID", 4)
    );
}

#[test]
fn a_key_that_stands_twice_is_named_with_its_line() {
    for (text, expected) in [
        ("a: 1\nb: 2\na: 3\n", "config.yml:3:1: a stands twice"),
        ("extra:\n  x: 1\n  x: 2\n", "config.yml:3:3: extra.x stands twice"),
        (
            "globus:\n  globus_endpoints:\n    e: {uuid: x, root_path: /}\n    e: {uuid: y, root_path: /}\n",
            "config.yml:4:5: globus.globus_endpoints.e stands twice",
        ),
    ] {
        assert!(message(text).starts_with(expected), "{}", message(text));
    }
}

#[test]
fn mistakes_are_placed_and_secrets_are_not_shown() {
    for (text, expected) in [
        ("- 1\n", "config.yml:1:1: the file must be a mapping"),
        ("a: [\n", "config.yml:1:4: this is not YAML"),
        (
            "globus:\n  globus_endpoints:\n    e: {uuid: x}\n",
            "config.yml:3:8: globus.globus_endpoints.e.root_path is missing",
        ),
        (
            "globus:\n  globus_endpoints:\n    e: {uuid: x, root_path: /, on_site: hunter2}\n",
            "config.yml:3:41: globus.globus_endpoints.e.on_site must be true or false",
        ),
        (
            "globus:\n  globus_apps:\n    als_transfer: hunter2\n",
            "config.yml:3:19: globus.globus_apps.als_transfer must be a mapping",
        ),
        (
            "globus:\n  globus_apps:\n    als_transfer:\n      client_id: x\n      client_secret: [hunter2]\n",
            "config.yml:5:22: globus.globus_apps.als_transfer.client_secret must be a text",
        ),
        (
            "globus:\n  globus_apps:\n    als_transfer:\n      client_secret: 'hunter2\n",
            "config.yml:4:22: this is not YAML",
        ),
    ] {
        let message = message(text);
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains("hunter"), "{message}");
    }
}

#[test]
fn all_mistakes_are_found_at_once_and_the_error_says_how_to_see_them() {
    let text =
        "deletion: never\nstall: soon\nglobus: {globus_endpoints: {e: {uuid: x}, f: 1}}\ndeletoin: on\n";
    let inspection = Config::inspect(text, "config.yml", &env(&[]), &RULES).unwrap();
    let mistakes: Vec<_> = inspection.mistakes.unwrap().list().to_vec();
    let keys: Vec<&str> = mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "deletion",
            "stall",
            "globus.globus_endpoints.e.root_path",
            "globus.globus_endpoints.f",
            "globus.globus_endpoints.f.uuid",
            "globus.globus_endpoints.f.root_path"
        ]
    );
    assert_eq!(inspection.config.deletion(), DeletionMode::Report);
    let unknown: Vec<_> = inspection.unknown.iter().map(|(_, key)| key.as_str()).collect();
    assert_eq!(unknown, ["deletoin"]);
    let error = message(text);
    assert!(
        error.ends_with("(and 5 more mistakes); `splash-flows check config` lists them all"),
        "{error}"
    );
}

#[test]
fn values_of_unknown_keys_are_kept_but_not_shown() {
    let config = parse("other:\n  password: hunter2\n  where: [$ROOT, $NO]\n").unwrap();
    assert_eq!(
        config.extra()["other"],
        json!({"password": "hunter2", "where": ["/data", "$NO"]})
    );
    assert!(!format!("{config:?}").contains("hunter"));
}

#[test]
fn an_unknown_endpoint_is_answered_with_those_there_are() {
    let error = endpoint(&["uuid: x", "root_path: /"]).endpoint("f").unwrap_err();
    assert_eq!(
        error.to_string(),
        "config.yml has no endpoint `f` under globus.globus_endpoints; it has: e"
    );
}

#[test]
fn a_parameter_finds_its_endpoint() {
    let config = Config::parse(EXAMPLE, "config.example.yml", &env(&[]), &RULES).unwrap();
    for (key, endpoint) in config.endpoints() {
        let found = config.endpoint_from_parameter(&endpoint.to_parameter()).unwrap();
        assert_eq!(&found, endpoint, "{key}");
        assert_eq!(
            &config.endpoint_from_parameter(&json!(key.as_str())).unwrap(),
            endpoint
        );
    }
    // A name alone makes nothing on site.
    let elsewhere = json!({"uuid": UUID, "uri": "spot832.lbl.gov", "root_path": "/other", "name": "spot832"});
    assert!(!config.endpoint_from_parameter(&elsewhere).unwrap().on_site());
    assert!(
        config
            .endpoint_from_parameter(&json!("nowhere"))
            .unwrap_err()
            .to_string()
            .contains("spot832")
    );
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yml");
    let error = Config::load(&path, &env(&[]), &RULES).unwrap_err().to_string();
    assert!(
        error.contains("config.yml") && error.contains("config.example.yml") && error.contains("--config"),
        "{error}"
    );
    std::fs::write(&path, "\u{feff}stall: 2m\r\n").unwrap();
    assert_eq!(
        Config::load(&path, &env(&[]), &RULES).unwrap().stall(),
        Duration::from_secs(120)
    );
    std::fs::write(&path, b"a: \xff\n").unwrap();
    assert!(matches!(
        Config::load(&path, &env(&[]), &RULES),
        Err(ConfigError::Read(..))
    ));
}
