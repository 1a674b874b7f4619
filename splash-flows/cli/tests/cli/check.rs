//! `check config`: every mistake at once, in its place, without the network and without a secret.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::child::{Beamline, finish};

const EXAMPLE: &str = include_str!("../../../../config.example.yml");
const ENV_EXAMPLE: &str = include_str!("../../../../.env.example");

/// A configuration without mistakes.
const GOOD: &str = "\
deletion: report
variables:
  bl832-settings: {delete_spot832_files_after_days: 1, delete_data832_files_after_days: 35}
globus:
  globus_endpoints:
    spot832: {uuid: 44ae904c-ab64-4145-a8f0-7287de38324d, root_path: /}
    data832: {uuid: 75b478b2-37af-46df-bfbd-71ed692c6506, root_path: /data}
    nersc832: {uuid: df82346e-9a15-11ea-b3c4-0ae144191ee3, root_path: /cfs/8.3.2}
";
const GOOD_ENV: &str = "\
GLOBUS_CLIENT_ID=the-id
GLOBUS_CLIENT_SECRET=hunter2
SCICAT_INGEST_URL=https://scicat.example.org/api/v3
SCICAT_INGEST_USERNAME=ingestor
SCICAT_INGEST_PASSWORD=hunter3
";

/// A folder with config.yml and .env, and the command in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new(config: &str, env: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self(folder);
        std::fs::write(place.path().join("config.yml"), config).unwrap();
        std::fs::write(place.path().join(".env"), env).unwrap();
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn check(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_splash-flows"))
            .env_clear()
            .env("HOME", self.path())
            .current_dir(self.path())
            .args(["check", "config"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

fn lines(output: &Output) -> Vec<String> {
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(!text.contains("hunter"), "{text}");
    text.lines().map(str::to_owned).collect()
}

/// The errors, without the notes and the line that counts.
fn errors(output: &Output) -> Vec<String> {
    let lines = lines(output);
    let errors: Vec<String> = lines
        .into_iter()
        .filter(|line| line.contains("error: "))
        .collect();
    assert_eq!(
        output.status.code(),
        Some(i32::from(!errors.is_empty())),
        "{errors:?}"
    );
    errors
}

#[track_caller]
fn same(found: &[String], expected: &[&str]) {
    let begin_alike = found
        .iter()
        .zip(expected)
        .all(|(found, expected)| found.starts_with(expected));
    assert!(
        begin_alike && found.len() == expected.len(),
        "found:\n{}\nexpected:\n{}",
        found.join("\n"),
        expected.join("\n")
    );
}

#[test]
fn a_facility_without_mistakes_is_told_so_and_nothing_is_sent() {
    let beamline = Beamline::with(|sim| sim);
    let output = finish(beamline.command(&["check", "config"]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().last(), Some("no mistakes"), "{text}");
    assert!(beamline.sim.journal().entries().is_empty());
    assert!(
        !beamline.folder().join(".local").exists(),
        "nothing is left behind"
    );
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let config = "\
deletion: never
deletoin: on
stall: soon
export_contol: [/raw]
export_control: ['/raw/[', ok]
globus:
  globus_endpoints:
    spot832: {uuid: TBD, root_path: raw, local_path: none, local_pth: x}
    data832: {uuid: $DATA_UUID, root_path: /data, on_site: maybe}
    alcf: {uuid: TBD, root_path: $X, user: 1}
    spot832: {uuid: TBD}
  globus_apps:
    als_transfer: {client_id: $GLOBUS_CLIENT_ID, client_secret: [hunter2]}
ghcr_images832: {recon_image: x}
";
    let env = "\
PREFECT_API_URL=http://prefect:4200
bad line
SCICAT_INGEST_URL=http://scicat.lbl.gov/api/v3
  GLOBUS_SDK_SERVICE_URL_TRANSFER=ftp://x
 A='hunter2
SCICAT_INGEST_PASSWORD=replace-me
";
    let place = Place::new(config, env);
    std::fs::write(place.path().join("file"), "").unwrap();
    let arguments = ["--state-dir", "file/state"];
    let found = lines(&place.check(&arguments));
    let key = "globus.globus_endpoints";
    same(
        &found,
        &[
            ".env: note: can be read by other users of this machine: chmod 600",
            ".env:1:1: error: PREFECT_API_URL must name the API, as in",
            ".env:2:1: error: something follows the name",
            ".env:3:1: error: SCICAT_INGEST_URL is refused: refusing to send a token or password to scicat.lbl.gov over plain http: use https, or allow it with ALLOW_HTTP_HOSTS=scicat.lbl.gov",
            ".env:4:3: error: GLOBUS_SDK_SERVICE_URL_TRANSFER is refused",
            ".env:5:2: error: the value's quote is not closed",
            ".env:6:1: error: SCICAT_INGEST_PASSWORD still has the value of .env.example",
            "config.yml:1:11: error: deletion must be `report`",
            "config.yml:2:1: error: deletoin is no key that is read: it should be `deletion`",
            "config.yml:3:8: error: stall must be a time",
            "config.yml:4:1: error: export_contol is no key that is read: it should be `export_control`",
            "config.yml:5:18: error: export_control[0] must be a pattern",
            &format!("config.yml:8:5: error: {key} has no endpoint `nersc832`"),
            &format!("config.yml:8:21: error: {key}.spot832.uuid is no uuid: put the collection's id here"),
            &format!("config.yml:8:37: error: {key}.spot832.root_path \"raw\" must be absolute"),
            &format!(
                "config.yml:8:54: error: {key}.spot832.local_path names none, which this machine cannot read"
            ),
            &format!(
                "config.yml:8:60: error: {key}.spot832.local_pth is no key that is read: it should be `local_path`"
            ),
            &format!(
                "config.yml:9:21: error: {key}.data832.uuid needs the variable DATA_UUID, which is not set"
            ),
            &format!("config.yml:9:60: error: {key}.data832.on_site must be true or false"),
            &format!("config.yml:10:18: note: {key}.alcf.uuid is no uuid"),
            &format!("config.yml:10:34: note: {key}.alcf.root_path needs the variable X"),
            &format!("config.yml:10:38: note: {key}.alcf.user is not read"),
            &format!("config.yml:11:5: error: {key}.spot832 stands twice in this mapping (first in line 8)"),
            "config.yml:13:31: error: globus.globus_apps.als_transfer.client_id needs the variable GLOBUS_CLIENT_ID",
            "config.yml:13:65: error: globus.globus_apps.als_transfer.client_secret must be a text",
            "error: GLOBUS_CLIENT_SECRET is not set",
            "error: SCICAT_INGEST_USERNAME or SCICAT_INGEST_USER is not set",
            "error: --state-dir: the state folder file/state cannot be written",
            "24 mistakes",
        ],
    );

    // The same as JSON.
    let output = place.check(&["--json", "--state-dir", "file/state"]);
    assert_eq!(output.status.code(), Some(1));
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list.len(), found.len() - 1);
    let twice = list.iter().find(|one| one["line"] == 11).unwrap();
    assert_eq!(
        (
            &twice["severity"],
            &twice["file"],
            &twice["column"],
            &twice["key"]
        ),
        (
            &"error".into(),
            &"config.yml".into(),
            &5.into(),
            &"globus.globus_endpoints.spot832".into()
        )
    );
    assert!(
        twice["message"]
            .as_str()
            .unwrap()
            .starts_with("stands twice in this mapping")
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter"));
}

#[test]
fn a_good_file_has_none_and_notes_do_not_fail() {
    let place = Place::new(GOOD, GOOD_ENV);
    same(&errors(&place.check(&[])), &[]);
    let more = Place::new(
        &(GOOD.to_owned() + "    other: {uuid: TBD, root_path: $NO}\nmine: 1\n"),
        GOOD_ENV,
    );
    let found = more.check(&[]);
    same(&errors(&found), &[]);
    assert!(
        lines(&found)
            .iter()
            .any(|line| line.contains("note: mine is not read"))
    );
}

#[test]
fn one_mistake_at_a_time() {
    let prefect = "PREFECT_API_URL=https://prefect.example.org/api\n";
    for (config, env, expected) in [
        (
            GOOD.replace("bl832-settings", "other"),
            GOOD_ENV.to_owned(),
            "config.yml:3:3: error: variables.bl832-settings is needed where there is no Prefect server",
        ),
        (
            GOOD.replace("bl832-settings", "other"),
            GOOD_ENV.to_owned() + prefect,
            "",
        ),
        (
            GOOD.replace("days: 35", "days: -1"),
            GOOD_ENV.to_owned(),
            "config.yml:3:19: error: variables.bl832-settings delete_data832_files_after_days in the variable bl832-settings must be a number of days",
        ),
        (
            GOOD.replace("root_path: /data", "root_path: /data/../x"),
            GOOD_ENV.to_owned(),
            "config.yml:7:70: error: globus.globus_endpoints.data832.root_path",
        ),
        (
            GOOD.replace("root_path: /data", "root_path: /data, local_path: $NO"),
            GOOD_ENV.to_owned(),
            "config.yml:7:89: error: globus.globus_endpoints.data832.local_path needs the variable NO",
        ),
        (
            GOOD.replace(", root_path: /}", "}"),
            GOOD_ENV.to_owned(),
            "config.yml:6:14: error: globus.globus_endpoints.spot832.root_path is missing",
        ),
        (
            GOOD.to_owned(),
            GOOD_ENV.replace("hunter3", ""),
            "error: SCICAT_INGEST_PASSWORD is not set",
        ),
        (
            GOOD.to_owned(),
            GOOD_ENV.replace("the-id", "00000000-0000-0000-0000-000000000000"),
            ".env:1:1: error: GLOBUS_CLIENT_ID still has the value of .env.example",
        ),
        (
            GOOD.to_owned(),
            GOOD_ENV.to_owned() + "PREFECT_API_URL=http://prefect:4200/api\nPREFECT_API_KEY=hunter4\n",
            ".env:6:1: error: PREFECT_API_URL is refused: refusing to send",
        ),
        (
            GOOD.to_owned(),
            GOOD_ENV.to_owned()
                + "PREFECT_API_URL=http://prefect:4200/api\nPREFECT_API_KEY=k\nALLOW_HTTP_HOSTS=prefect\n",
            "",
        ),
        (
            GOOD.to_owned(),
            GOOD_ENV.to_owned() + prefect + "PREFECT_API_AUTH_STRING=hunter5\n",
            ".env:7:1: error: PREFECT_API_AUTH_STRING must be user:password",
        ),
        (
            GOOD.to_owned(),
            GOOD_ENV.replace("https://scicat", "http://scicat"),
            ".env:3:1: error: SCICAT_INGEST_URL is refused",
        ),
        (
            "never_delete: [raw, /raw]\n".to_owned() + GOOD,
            GOOD_ENV.to_owned(),
            "config.yml:1:16: error: never_delete[0] must be `/path`",
        ),
        (
            "retention: {data832: 30d}\n".to_owned() + GOOD,
            GOOD_ENV.to_owned(),
            "config.yml:1:22: error: retention.data832 holds raw data",
        ),
        (
            "trash_days: 99999\n".to_owned() + GOOD,
            GOOD_ENV.to_owned(),
            "config.yml:1:13: error: trash_days must be at most",
        ),
        (
            "maximum_bytes: 5TB\n".to_owned() + GOOD,
            GOOD_ENV.to_owned(),
            "config.yml:1:16: error: maximum_bytes must be a whole number",
        ),
        (
            "a: [\n".to_owned(),
            GOOD_ENV.to_owned(),
            "config.yml:1:4: error: this is not YAML",
        ),
        (
            "- a\n".to_owned() + GOOD,
            GOOD_ENV.to_owned(),
            "config.yml:2:1: error: this is not YAML",
        ),
    ] {
        let place = Place::new(&config, &env);
        let expected: Vec<&str> = (!expected.is_empty()).then_some(expected).into_iter().collect();
        same(&errors(&place.check(&[])), &expected);
    }
}

#[test]
fn files_that_are_not_there_are_named_with_what_to_do() {
    let place = Place::new(GOOD, GOOD_ENV);
    same(
        &errors(&place.check(&["--config", "none.yml"])),
        &["none.yml: error: cannot be read: No such file or directory"],
    );
    let found = errors(&place.check(&["--env-file", "none.env"]));
    same(
        &found,
        &[
            "none.env: error: cannot be read: No such file or directory",
            "error: GLOBUS_CLIENT_ID is not set",
            "error: GLOBUS_CLIENT_SECRET is not set",
            "error: SCICAT_INGEST_USERNAME or SCICAT_INGEST_USER is not set",
            "error: SCICAT_INGEST_PASSWORD is not set",
        ],
    );
    std::fs::write(place.path().join("config.yml"), b"a: \xff\n").unwrap();
    same(
        &errors(&place.check(&[])),
        &["config.yml: error: cannot be read: stream did not contain valid UTF-8"],
    );
}

#[test]
fn the_examples_filled_in_have_no_mistakes_and_as_they_are_say_what_to_fill_in() {
    let place = Place::new(EXAMPLE, ENV_EXAMPLE);
    let found = errors(&place.check(&[]));
    for key in [
        "globus.globus_apps.als_transfer.client_id",
        "globus.globus_apps.als_transfer.client_secret",
        "SCICAT_INGEST_PASSWORD",
    ] {
        let told = found
            .iter()
            .any(|line| line.contains(key) && line.contains("still has the value of .env.example"));
        assert!(told, "{key}: {found:#?}");
    }
    assert_eq!(found.len(), 3, "{found:#?}");
    let filled = ENV_EXAMPLE.replace("replace-me", "secret").replace(
        "00000000-0000-0000-0000-000000000000",
        "8a2b7c1e-5f0d-4e0a-9f55-0a3c1f6f7d11",
    );
    let place = Place::new(EXAMPLE, &filled);
    same(&errors(&place.check(&[])), &[]);
}
