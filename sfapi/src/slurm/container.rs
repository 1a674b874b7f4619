//! Programs in containers: podman-hpc and shifter.

use super::command::{Command, Line};
use crate::{Error, Result};

/// A program run in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a container does nothing until its line stands in a script"]
pub struct Container {
    runtime: Runtime,
    image: String,
    volumes: Vec<(String, String)>,
    options: Vec<String>,
    command: Option<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Runtime {
    PodmanHpc,
    Shifter,
}

impl Container {
    /// In a container of podman-hpc: `podman-hpc run …`.
    pub fn podman_hpc(image: impl Into<String>) -> Self {
        Self::new(Runtime::PodmanHpc, image.into())
    }

    /// In a container of shifter: `shifter --image=…`. Shifter has no other options here but volumes.
    pub fn shifter(image: impl Into<String>) -> Self {
        Self::new(Runtime::Shifter, image.into())
    }

    fn new(runtime: Runtime, image: String) -> Self {
        Self {
            runtime,
            image,
            volumes: Vec::new(),
            options: Vec::new(),
            command: None,
        }
    }

    /// Shows a file or folder of the machine (`outside`) to the program at `inside`.
    pub fn volume(mut self, outside: impl Into<String>, inside: impl Into<String>) -> Self {
        self.volumes.push((outside.into(), inside.into()));
        self
    }

    /// Adds an option of the runtime, such as `--gpu` or `--shm-size=50G`, before the volumes.
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.options.push(option.into());
        self
    }

    /// The program; without one the image's own.
    pub fn command(mut self, command: Command) -> Self {
        self.command = Some(command);
        self
    }

    /// The words for the shell.
    ///
    /// # Errors
    /// `Config` for an image that is empty, begins with a dash or holds a blank; for a volume that is not absolute or
    /// holds a colon or comma, which the runtimes take for their own; for an option that does not begin with a dash;
    /// and as [`quote`](super::quote).
    pub fn line(&self) -> Result<Line> {
        check_image(&self.image)?;
        for (outside, inside) in &self.volumes {
            check_volume(outside)?;
            check_volume(inside)?;
        }
        if let Some(option) = self.options.iter().find(|option| !option.starts_with('-')) {
            return Err(Error::config(format!("{option:?} is no option of a container")));
        }
        let mut command = match self.runtime {
            Runtime::PodmanHpc => Command::new("podman-hpc").arg("run"),
            Runtime::Shifter => Command::new("shifter").arg(format!("--image={}", self.image)),
        };
        command = command.args(self.options.iter().cloned());
        for (outside, inside) in &self.volumes {
            let volume = format!("{outside}:{inside}");
            command = match self.runtime {
                Runtime::PodmanHpc => command.arg("--volume").arg(volume),
                Runtime::Shifter => command.arg(format!("--volume={volume}")),
            };
        }
        if self.runtime == Runtime::PodmanHpc {
            command = command.arg(&*self.image);
        }
        if let Some(program) = &self.command {
            command = command.words(program.line()?);
        }
        command.line()
    }
}

fn check_image(image: &str) -> Result<()> {
    let problem = |what: &str| Err(Error::config(format!("the image {image:?} {what}")));
    if image.is_empty() {
        return problem("has no name");
    }
    if image.starts_with('-') {
        return problem("begins with a dash");
    }
    if image.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return problem("holds a blank; a name with a tag looks like `registry/name:tag`");
    }
    Ok(())
}

fn check_volume(path: &str) -> Result<()> {
    let problem = |what: &str| Err(Error::config(format!("the volume {path:?} {what}")));
    if !path.starts_with('/') {
        return problem("is not absolute");
    }
    if path.contains([':', ',']) {
        return problem("holds a colon or a comma, which the container's runtime takes for its own");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_one_word_and_no_option() {
        for image in ["", "a b", "a\tb", "a\n", "--privileged", "a\u{a0}b"] {
            for container in [Container::podman_hpc(image), Container::shifter(image)] {
                let error = container.line().unwrap_err();
                assert_eq!(error.kind(), crate::ErrorKind::Config, "{image:?}");
                assert!(error.to_string().contains("the image"), "{image:?}: {error}");
            }
        }
        assert!(Container::podman_hpc("registry/name:tag").line().is_ok());
    }
}
