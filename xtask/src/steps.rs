//! A list of steps: all of them or the chosen ones, each with its time, up to the first that fails.

use std::time::{Duration, Instant};

use crate::Result;

/// One step of a command.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: fn() -> Result,
}

/// A command that is a list of steps.
pub(crate) struct Steps {
    /// The command's name.
    pub(crate) command: &'static str,
    /// The steps, in order.
    pub(crate) steps: &'static [Step],
}

impl Steps {
    /// The names of all steps, in order.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.steps.iter().map(|step| step.name).collect()
    }

    /// The steps that the arguments ask for: all, or those after each `--only`, always in the command's order.
    fn chosen(&self, arguments: &[&str]) -> Result<Vec<Step>> {
        let mut wanted = Vec::new();
        for pair in arguments.chunks(2) {
            match pair {
                ["--only", name] if self.names().contains(name) => wanted.push(*name),
                ["--only", name] => {
                    return Err(format!("no step `{name}`; steps: {}", self.names().join(", ")).into());
                }
                _ => {
                    return Err(
                        format!("{} takes --only STEP, not `{}`", self.command, pair.join(" ")).into(),
                    );
                }
            }
        }
        Ok(self
            .steps
            .iter()
            .filter(|step| wanted.is_empty() || wanted.contains(&step.name))
            .copied()
            .collect())
    }

    /// Runs the steps that the arguments ask for; the first failure ends it and says how to repeat that step alone.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result {
        let mut times = Vec::new();
        for step in self.chosen(arguments)? {
            println!("== {}", step.name);
            let start = Instant::now();
            let outcome = (step.run)();
            times.push((step.name, start.elapsed()));
            if let Err(error) = outcome {
                print_times(&times);
                return Err(format!(
                    "{} failed: {error}\nto repeat: cargo xtask {} --only {}",
                    step.name, self.command, step.name
                )
                .into());
            }
        }
        print_times(&times);
        println!("all passed");
        Ok(())
    }
}

fn print_times(times: &[(&str, Duration)]) {
    println!("== times");
    for (name, time) in times {
        println!("{name:<9}{:>8.1} s", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:<9}{:>8.1} s", "total", total.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: Steps = Steps {
        command: "gate",
        steps: &[step("fmt"), step("test"), step("rules")],
    };

    const fn step(name: &'static str) -> Step {
        Step { name, run: || Ok(()) }
    }

    fn chosen_names(arguments: &[&str]) -> Vec<&'static str> {
        STEPS
            .chosen(arguments)
            .unwrap()
            .iter()
            .map(|step| step.name)
            .collect()
    }

    #[test]
    fn without_arguments_every_step_is_chosen() {
        assert_eq!(chosen_names(&[]), STEPS.names());
    }

    #[test]
    fn only_keeps_the_order_of_the_list() {
        assert_eq!(
            chosen_names(&["--only", "rules", "--only", "fmt"]),
            ["fmt", "rules"]
        );
    }

    #[test]
    fn an_unknown_step_or_flag_is_refused() {
        assert!(STEPS.chosen(&["--only", "tests"]).is_err());
        assert!(STEPS.chosen(&["--only"]).is_err());
        assert!(STEPS.chosen(&["fmt", "rules"]).is_err());
    }

    #[test]
    fn a_failure_ends_the_list_and_says_how_to_repeat_it() {
        let broken = Steps {
            command: "gate",
            steps: &[
                Step {
                    name: "one",
                    run: || Err("broken".into()),
                },
                Step {
                    name: "two",
                    run: || panic!("not reached"),
                },
            ],
        };
        let error = broken.run(&[]).unwrap_err().to_string();
        assert!(
            error.contains("one failed: broken") && error.contains("cargo xtask gate --only one"),
            "{error}"
        );
    }
}
