//! The job scripts of beamline 8.3.2 at NERSC.

use std::time::Duration;

use sfapi::slurm::{Command, Container, Fence, Script};

use super::settings::{ReconSettings, Runtime, StreamingSettings};
use crate::flows::bl832::recon::ReconScan;

/// The folders that jobs work in.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// Of the user: `/pscratch/sd/a/alsdev`.
    pub(super) pscratch: String,
    /// Of the user: `/global/homes/a/alsdev`.
    pub(super) home: String,
    /// Where the scans stand: `…/8.3.2/raw` on CFS.
    pub(super) raw: String,
    /// Where the site's scripts stand.
    pub(super) scripts: String,
}

impl Folders {
    /// The folders of a user, as NERSC names them.
    pub(super) fn of(user: &str, raw: &str, scripts: &str) -> Self {
        let initial = user.chars().next().unwrap_or('_');
        Self {
            pscratch: format!("/pscratch/sd/{initial}/{user}"),
            home: format!("/global/homes/{initial}/{user}"),
            raw: raw.trim_end_matches('/').to_owned(),
            scripts: scripts.trim_end_matches('/').to_owned(),
        }
    }

    /// The beamline's folder on scratch; raw and scratch lie in it.
    pub(super) fn beamline(&self) -> String {
        format!("{}/8.3.2", self.pscratch)
    }

    /// Where jobs write what they print.
    pub(super) fn logs(&self) -> String {
        format!("{}/tomo_recon_logs", self.pscratch)
    }

    /// The folder of one run, for its fences.
    pub(super) fn run(&self, run_id: &str) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let run_id: String = run_id.chars().map(plain).collect();
        format!("{}/.runs/{run_id}", self.beamline())
    }
}

/// Copies the scan from CFS and reconstructs it into slices.
pub(super) fn reconstruct(
    settings: &ReconSettings,
    folders: &Folders,
    scan: &ReconScan,
    name: String,
    fence: Fence,
) -> sfapi::Result<Script> {
    let base = folders.beamline();
    let raw = format!("{base}/raw/{}", scan.folder());
    let scratch = format!("{base}/scratch/{}", scan.folder());
    let file = format!("{raw}/{}.h5", scan.stem());
    let program = Command::new("python")
        .arg(&*settings.reconstruction_script)
        .arg(format!("{}.h5", scan.stem()))
        .arg(scan.folder());
    let script = head(settings, folders, name, fence)
        .command(
            Command::new("mkdir")
                .arg("-p")
                .arg(&*raw)
                .arg(&*scratch)
                .or_exit(1),
        )
        .command(
            Command::new("cp")
                .arg(format!("{}/{}", folders.raw, scan.raw()))
                .arg(format!("{raw}/"))
                .or_exit(1),
        )
        .command(Command::new("chmod").arg("2775").arg(&*raw).arg(&*scratch))
        .command(Command::new("chmod").arg("664").arg(&*file))
        .command(Command::new("ls").arg("-l").arg(&*raw));
    let image = &settings.recon_image;
    Ok(script.command(in_container(
        settings,
        folders,
        image,
        &settings.reconstruction_script,
        &program,
    )?))
}

/// Builds the multi-resolution volume out of the slices.
pub(super) fn multiresolution(
    settings: &ReconSettings,
    folders: &Folders,
    scan: &ReconScan,
    name: String,
    fence: Fence,
) -> sfapi::Result<Script> {
    let program = Command::new("python")
        .arg(&*settings.multiresolution_script)
        .arg(format!("scratch/{}/", scan.slices()))
        .arg("--raw_file")
        .arg(format!("raw/{}", scan.raw()));
    let script = head(settings, folders, name, fence);
    let image = &settings.multires_image;
    Ok(script.command(in_container(
        settings,
        folders,
        image,
        &settings.multiresolution_script,
        &program,
    )?))
}

fn head(settings: &ReconSettings, folders: &Folders, name: String, fence: Fence) -> Script {
    let logs = folders.logs();
    let script = Script::new(name)
        .qos(&*settings.qos)
        .account(&*settings.account)
        .constraint(&*settings.constraint)
        .output(format!("{logs}/%x_%j.out"))
        .error(format!("{logs}/%x_%j.err"))
        .nodes(settings.nodes)
        .tasks_per_node(1)
        .cpus_per_task(settings.cpus_per_task)
        .time(settings.time)
        .fence(fence);
    if settings.exclusive {
        script.exclusive()
    } else {
        script
    }
}

/// `srun` of a program that stands in the folder of scripts, with the beamline's folder at the places it expects.
fn in_container(
    settings: &ReconSettings,
    folders: &Folders,
    image: &str,
    file: &str,
    program: &Command,
) -> sfapi::Result<Command> {
    let base = folders.beamline();
    let container = match settings.container {
        Runtime::PodmanHpc => Container::podman_hpc(image),
        Runtime::Shifter => Container::shifter(image),
    };
    let container = container
        .volume(format!("{}/{file}", folders.scripts), format!("/alsuser/{file}"))
        .volume(&*base, "/alsdata")
        .volume(&*base, "/alsuser/")
        .command(Command::new("bash").arg("-c").shell_text(program)?);
    Ok(Command::new("srun").words(container.line()?))
}

/// Receives frames from the beamline for so long and reconstructs them as they come.
pub(super) fn streaming(
    settings: &StreamingSettings,
    folders: &Folders,
    name: String,
    walltime: Duration,
    fence: Fence,
) -> sfapi::Result<Script> {
    let place = |text: &str| {
        text.replace("{home}", &folders.home)
            .replace("{pscratch}", &folders.pscratch)
    };
    let mut container = Container::podman_hpc(&*settings.image)
        .option("--rm")
        .option("--gpu")
        .option("--network=host")
        .option(format!("--shm-size={}", settings.shm_size));
    for (outside, inside) in &settings.volumes {
        container = container.volume(place(outside), &**inside);
    }
    Ok(Script::new(name)
        .qos(&*settings.qos)
        .account(&*settings.account)
        .constraint(&*settings.constraint)
        .output(format!("{}/%x_%j.out", settings.log_folder))
        .nodes(1)
        .tasks_per_node(1)
        .time(walltime)
        .exclusive()
        .fence(fence)
        .shell_line(container.line()?.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> Folders {
        Folders::of(
            "alsdev",
            "/global/cfs/cdirs/als/data_mover/8.3.2/raw",
            "/global/cfs/cdirs/als/data_mover/8.3.2/tomography_reconstruction_scripts",
        )
    }

    fn settings() -> (ReconSettings, StreamingSettings) {
        let env = crate::dotenv::Environment::from_vars([]);
        let document = settings::Document::read("{}", "config.yml", &env).unwrap();
        (
            ReconSettings::read(&document.top()),
            StreamingSettings::read(&document.top()),
        )
    }

    fn fence(step: &str) -> Fence {
        Fence::new(&folders().run("R1"), step, 1).unwrap()
    }

    /// The script without the lines of its fence, which sfapi's own tests look at.
    fn own_lines(script: &Script) -> String {
        let text = script.text().unwrap();
        let (head, rest) = text
            .split_once("mkdir -p /pscratch/sd/a/alsdev/8.3.2/.runs/R1 ")
            .unwrap();
        let (_fence, body) = rest.split_once("\nfi\n").unwrap();
        format!("{head}{body}")
    }

    #[test]
    fn the_reconstruction_of_a_plain_scan_is_the_incumbents() {
        let scan = ReconScan::parse("/global/raw/f/x.h5", &[], false).unwrap();
        let (settings, _) = settings();
        let name = "tomo_recon_f_x.h5".to_owned();
        let script = reconstruct(&settings, &folders(), &scan, name, fence("reconstruct")).unwrap();
        insta::assert_snapshot!(own_lines(&script));
    }

    #[test]
    fn the_volume_of_a_plain_scan_is_the_incumbents() {
        let scan = ReconScan::parse("/global/raw/f/x.h5", &[], false).unwrap();
        let (settings, _) = settings();
        let name = "tomo_multires_f_x".to_owned();
        let script = multiresolution(&settings, &folders(), &scan, name, fence("multiresolution")).unwrap();
        insta::assert_snapshot!(own_lines(&script));
    }

    #[test]
    fn the_streaming_job_is_the_incumbents() {
        let (_, settings) = settings();
        let time = Duration::from_secs(300);
        let name = "20261122_203000_streaming_tomo_recon".to_owned();
        let script = streaming(&settings, &folders(), name, time, fence("stream")).unwrap();
        insta::assert_snapshot!(own_lines(&script));
    }

    #[test]
    fn the_words_of_a_name_stay_words() {
        let scan = ReconScan::parse("f $(id)/x;'y z.h5", &[], false).unwrap();
        let (settings, _) = settings();
        let script = reconstruct(&settings, &folders(), &scan, "n".into(), fence("reconstruct")).unwrap();
        let text = script.text().unwrap();
        assert!(
            !text.contains("raw/f $(id)") || text.contains("'/pscratch/sd/a/alsdev/8.3.2/raw/f $(id)'"),
            "{text}"
        );
    }
}
