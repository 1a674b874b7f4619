//! Names are data: a real bash, with programs that only record, is given scripts made of arbitrary names.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use sfapi::slurm::{Command, Container, Fence, Script, job_name, quote};

/// The programs that scripts call; each writes its arguments down, NUL after each, and does nothing.
const PROGRAMS: [&str; 7] = ["srun", "podman-hpc", "shifter", "mkdir", "cp", "chmod", "touch"];

struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stage = Self { folder };
        fs::create_dir(stage.path("bin")).unwrap();
        fs::create_dir(stage.path("cwd")).unwrap();
        let record = format!(
            "#!/bin/bash\nprintf '%s\\0' \"${{0##*/}}\" \"$@\" >> '{0}'\nprintf '\\0' >> '{0}'\n",
            stage.path("record").display()
        );
        for program in PROGRAMS {
            let path = stage.path("bin").join(program);
            fs::write(&path, &record).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the script where only the recording programs are found, and gives their words, an empty one after each call.
    fn calls(&self, script: &str) -> Vec<String> {
        let file = self.path("script");
        fs::write(&file, script).unwrap();
        fs::write(self.path("record"), "").unwrap();
        assert!(
            bash(&["-n".as_ref(), file.as_path()], self).0,
            "bash -n: {script}"
        );
        let (ok, said) = bash(&[file.as_path()], self);
        assert!(ok && said.is_empty(), "{said}\n{script}");
        assert_eq!(
            fs::read_dir(self.path("cwd")).unwrap().count(),
            0,
            "something else ran: {script}"
        );
        let record = String::from_utf8(fs::read(self.path("record")).unwrap()).unwrap();
        record.split_terminator('\0').map(str::to_owned).collect()
    }
}

fn bash(arguments: &[&Path], stage: &Stage) -> (bool, String) {
    let output = Process::new("/bin/bash")
        .args(arguments)
        .env_clear()
        .env("PATH", stage.path("bin"))
        .env("SLURM_JOB_ID", "1")
        .current_dir(stage.path("cwd"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Names such as a file system takes, and such as nobody should give.
fn name() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "a b",
        "'",
        "\"",
        "''",
        "$(id)",
        "`id`",
        ";touch X",
        "&& touch X",
        "| touch X",
        "> X",
        "\\",
        "\\'",
        "$HOME",
        "*",
        "-rf",
        "--",
        "#SBATCH --exclusive",
        "~",
        "{a,b}",
        "!x",
        "ü",
        "日本",
        "\u{202e}",
        "\t",
        "\r",
        "\u{1b}[2J",
        "(",
        "&",
        "\n#SBATCH -q premium",
        "\n",
        "\0",
        "x\ntouch X",
        "%s",
        "=",
        "[!a]",
        "a\u{a0}b",
        "\u{7f}",
    ]);
    let part = prop_oneof![4 => nasty.prop_map(str::to_owned), 2 => "[ -~]{1,12}", 1 => "\\PC{1,8}", 1 => "[a-zA-Z0-9_.-]{1,20}"];
    let joined = prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat());
    // As long as a file's name may be.
    prop_oneof![5 => joined.clone(), 1 => joined.prop_map(|text| text.repeat(60).chars().scan(0, |len, c| {
        *len += c.len_utf8();
        (*len <= 255).then_some(c)
    }).collect())]
}

fn script(folder: &str, file: &str) -> sfapi::Result<String> {
    let inner = Command::new("python").arg("recon.py").arg(file).arg(folder);
    let container = Container::podman_hpc("registry.example.org/recon:1")
        .volume("/data", "/inside")
        .command(Command::new("bash").arg("-c").shell_text(&inner)?);
    Script::new(job_name(&format!("{folder}_{file}"), "recon", "r1"))
        .qos("debug")
        .account("als")
        .time(Duration::from_secs(60))
        .command(Command::new("mkdir").arg("-p").arg(format!("/data/{folder}")))
        .command(
            Command::new("cp")
                .arg(file)
                .arg(format!("/data/{folder}/{file}"))
                .or_exit(1),
        )
        .command(Command::new("srun").words(container.line()?))
        .text()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..ProptestConfig::default() })]

    #[test]
    fn a_script_passes_exactly_the_bytes_or_is_refused(folder in name(), file in name()) {
        let text = script(&folder, &file);
        let forbidden = |text: &str| text.contains(['\n', '\0']);
        if forbidden(&folder) || forbidden(&file) {
            prop_assert!(text.is_err());
            return Ok(());
        }
        let text = text.unwrap();
        let directives = text.lines().filter(|line| line.contains("#SBATCH") && line.starts_with('#')).count();
        prop_assert_eq!(directives, 4);
        let after = text.lines().skip(5);
        prop_assert!(after.clone().all(|line| !line.trim_start().starts_with("#SBATCH")));
        let stage = Stage::new();
        let words = stage.calls(&text);
        let inner = format!("python recon.py {} {}", quote(&file).unwrap(), quote(&folder).unwrap());
        let (below, copy) = (format!("/data/{folder}"), format!("/data/{folder}/{file}"));
        let expected = [
            "mkdir", "-p", &below, "",
            "cp", &file, &copy, "",
            "srun", "podman-hpc", "run", "--volume", "/data:/inside", "registry.example.org/recon:1", "bash", "-c", &inner, "",
        ];
        prop_assert_eq!(words, expected);
        // The text that the inner shell is given holds the same bytes again.
        let parsed = shlex_split(&stage, &inner);
        prop_assert_eq!(parsed, [file, folder]);
    }

    #[test]
    fn names_of_jobs_and_fences_are_plain(about in name(), step in name(), folder in name()) {
        let name = job_name(&about, &step, "r1");
        prop_assert!(name.is_ascii() && !name.chars().any(|c| c.is_ascii_control() || c == ' '));
        if let Ok(fence) = Fence::new(&format!("/{folder}"), &step, 1) {
            let text = Script::new("x").fence(fence).text();
            prop_assert_eq!(text.is_err(), folder.contains(['\n', '\0']));
        }
    }

    #[test]
    fn a_directive_is_one_line_or_refused(value in name()) {
        let text = Script::new("x").option("comment", &*value).text();
        match text {
            Ok(text) => prop_assert_eq!(text.lines().count(), 3),
            Err(_) => prop_assert!(value.is_empty() || value.chars().any(char::is_control)),
        }
    }
}

/// The arguments that a shell makes of `python recon.py …`.
fn shlex_split(stage: &Stage, text: &str) -> Vec<String> {
    let script = format!("#!/bin/bash\npython() {{ touch \"${{@:2}}\"; }}\n{text}\n");
    let mut words = stage.calls(&script);
    assert_eq!(words.remove(0), "touch");
    words.pop();
    words
}

#[test]
fn images_and_volumes_that_a_runtime_would_misread_are_refused() {
    for image in ["", "a b", "-v", "a\tb", "a\n", "registry/recon :1"] {
        assert!(Container::podman_hpc(image).line().is_err(), "{image:?}");
        assert!(Container::shifter(image).line().is_err(), "{image:?}");
    }
    for volume in ["relative", "/a:b", "/a,b", "/a\nb", ""] {
        assert!(
            Container::podman_hpc("i").volume(volume, "/x").line().is_err(),
            "{volume:?}"
        );
        assert!(
            Container::podman_hpc("i").volume("/x", volume).line().is_err(),
            "{volume:?}"
        );
    }
    let shifter = Container::shifter("docker:recon:1")
        .volume("/a b", "/c")
        .command(Command::new("x"))
        .line()
        .unwrap();
    assert_eq!(
        shifter.as_str(),
        "shifter '--image=docker:recon:1' '--volume=/a b:/c' x"
    );
}

/// Of two jobs of a step the second does nothing; the same job, queued again, goes on.
#[test]
fn a_fence_lets_one_job_through() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run of $(id)").display().to_string();
    let fence = Fence::new(&run, "recon", 1).unwrap();
    let text = Script::new("x")
        .fence(fence.clone())
        .command(Command::new("echo").arg("works"))
        .text()
        .unwrap();
    let script = folder.path().join("script");
    fs::write(&script, text).unwrap();
    let job = |id: &str| {
        let output = Process::new("/bin/bash")
            .arg(&script)
            .env("SLURM_JOB_ID", id)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(job("1"), (Some(0), "works\n".to_owned()));
    assert_eq!(job("2"), (Some(0), "duplicate: job 1 came first\n".to_owned()));
    assert_eq!(job("1"), (Some(0), "works\n".to_owned()));
    assert_eq!(
        Fence::owner(&fs::read(fence.owner_file()).unwrap())
            .unwrap()
            .as_str(),
        "1"
    );
    let next = Fence::new(&run, "recon", 2).unwrap();
    assert_ne!(next.claim(), fence.claim());
}

#[test]
fn many_jobs_at_once_pass_a_fence_once() {
    let folder = tempfile::tempdir().unwrap();
    let fence = Fence::new(&folder.path().join("run").display().to_string(), "recon", 1).unwrap();
    let text = Script::new("x")
        .fence(fence)
        .command(Command::new("echo").arg("works"))
        .text()
        .unwrap();
    let script = folder.path().join("script");
    fs::write(&script, text).unwrap();
    let jobs: Vec<_> = (0..12)
        .map(|id| {
            let mut bash = Process::new("/bin/bash");
            bash.arg(&script)
                .env("SLURM_JOB_ID", id.to_string())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let said: Vec<String> = jobs
        .into_iter()
        .map(|job| {
            let output = job.wait_with_output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        })
        .collect();
    assert_eq!(
        said.iter().filter(|said| *said == "works\n").count(),
        1,
        "{said:?}"
    );
    assert_eq!(
        said.iter()
            .filter(|said| said.starts_with("duplicate: job "))
            .count(),
        11,
        "{said:?}"
    );
}

#[test]
fn a_fence_that_cannot_be_meant_is_refused() {
    for (folder, step) in [
        ("", "s"),
        ("rel", "s"),
        ("/", "s"),
        ("/x", ""),
        ("/x", "a/b"),
        ("/x", "a b"),
    ] {
        assert!(Fence::new(folder, step, 1).is_err(), "{folder:?} {step:?}");
    }
}
