//! What `transfer_auto_recon` may be asked for, and the argument lists that the site's two scripts take.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// The parameters of `transfer_auto_recon`, as the incumbent's callers send them. Without `do_cdtools` and
/// `do_ptychocam` the scan is only moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the parameters are the incumbent's")]
pub struct PtychographyParameters {
    /// The CXI file, relative to data7012's root.
    pub file_path: String,
    /// Reconstruct with CDTools.
    #[serde(default)]
    pub do_cdtools: bool,
    /// CDTools: reconstruct each half of the data as well, for a resolution estimate.
    #[serde(default)]
    pub run_split_reconstructions: bool,
    /// CDTools: the number of probe modes.
    #[serde(default = "one")]
    pub n_modes: u32,
    /// CDTools: how many times finer than the detector's pixels the exit wave is simulated.
    #[serde(default = "two")]
    pub oversampling_factor: u32,
    /// CDTools: from the focus to the sample, in metres.
    #[serde(default = "fifty_micrometres")]
    pub propagation_distance: f64,
    /// CDTools: whether probe translations are simulated with the exit wave.
    #[serde(default = "yes")]
    pub simulate_probe_translation: bool,
    /// CDTools: the number of rounds of initial reconstruction.
    #[serde(default = "one")]
    pub n_init_rounds: u32,
    /// CDTools: the iterations of each initial round.
    #[serde(default = "fifty")]
    pub n_init_iter: u32,
    /// CDTools: the iterations of the final reconstruction.
    #[serde(default = "fifty")]
    pub n_final_iter: u32,
    /// CDTools: how far scan positions are displaced at random at the start, in pixels.
    #[serde(default = "zero")]
    #[schemars(with = "f64")]
    pub translation_randomization: Number,
    /// CDTools: the file or method that the probe starts from; null for the script's own.
    #[serde(default)]
    pub probe_initialization: Option<String>,
    /// CDTools: whether the background starts from the data.
    #[serde(default)]
    pub init_background: bool,
    /// CDTools: the radius that the probe is held within, in pixels; null for none.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub probe_support_radius: Option<Number>,
    /// Reconstruct with PtychoCam.
    #[serde(default)]
    pub do_ptychocam: bool,
    /// PtychoCam: the iterations.
    #[serde(default = "five_hundred")]
    pub n_iter: u32,
    /// PtychoCam: refine the illumination every so many iterations; 0 never.
    #[serde(default)]
    pub period_illu_refine: u32,
    /// PtychoCam: refine the background every so many iterations; 0 never.
    #[serde(default)]
    pub period_bg_refine: u32,
    /// PtychoCam: whether the illumination is masked.
    #[serde(default)]
    pub use_illu_mask: bool,
    /// The GPUs that a job asks for.
    #[serde(default = "one")]
    pub n_gpu: u32,
}

fn yes() -> bool {
    true
}

fn zero() -> Number {
    Number::from(0)
}

fn one() -> u32 {
    1
}

fn two() -> u32 {
    2
}

fn fifty() -> u32 {
    50
}

fn five_hundred() -> u32 {
    500
}

fn fifty_micrometres() -> f64 {
    50e-6
}

impl PtychographyParameters {
    /// What the CDTools script takes: the file's name, then twelve values in its order, as Python writes them.
    pub(super) fn cdtools_arguments(&self, file: &str) -> Vec<String> {
        let radius = self.probe_support_radius.as_ref();
        vec![
            file.to_owned(),
            truth(self.run_split_reconstructions),
            self.n_modes.to_string(),
            self.oversampling_factor.to_string(),
            float(self.propagation_distance),
            truth(self.simulate_probe_translation),
            self.n_init_rounds.to_string(),
            self.n_init_iter.to_string(),
            self.n_final_iter.to_string(),
            number(&self.translation_randomization),
            self.probe_initialization.clone().unwrap_or_else(none),
            truth(self.init_background),
            radius.map_or_else(none, number),
        ]
    }

    /// What the PtychoCam script takes: options, then the file's name.
    pub(super) fn ptychocam_arguments(&self, file: &str) -> Vec<String> {
        let mut arguments = vec!["-i".to_owned(), self.n_iter.to_string()];
        for (option, period) in [("-r", self.period_illu_refine), ("-T", self.period_bg_refine)] {
            if period != 0 {
                arguments.extend([option.to_owned(), period.to_string()]);
            }
        }
        if self.use_illu_mask {
            arguments.push("-M".to_owned());
        }
        arguments.push(file.to_owned());
        arguments
    }
}

fn none() -> String {
    "None".to_owned()
}

fn truth(value: bool) -> String {
    if value { "True" } else { "False" }.to_owned()
}

fn number(value: &Number) -> String {
    match value.as_f64() {
        Some(number) if value.is_f64() => float(number),
        _ => Value::Number(value.clone()).to_string(),
    }
}

/// A float as Python writes it: the shortest digits that come back as the same number, with an exponent of at least
/// two digits below 0.0001 and from 1e16.
fn float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific
        .split_once('e')
        .and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?)))
    else {
        return scientific;
    };
    if (-4..16).contains(&exponent) {
        return format!("{value:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameters(given: &Value) -> PtychographyParameters {
        serde_json::from_value(given.clone()).unwrap()
    }

    #[test]
    fn the_defaults_are_the_incumbents() {
        let defaults = parameters(&json!({"file_path": "2023/x.cxi"}));
        assert_eq!(
            defaults.cdtools_arguments("x.cxi").join(" "),
            "x.cxi False 1 2 5e-05 True 1 50 50 0 None False None"
        );
        assert_eq!(defaults.ptychocam_arguments("x.cxi").join(" "), "-i 500 x.cxi");
        assert!(!defaults.do_cdtools && !defaults.do_ptychocam && defaults.n_gpu == 1);
    }

    #[test]
    fn what_is_given_stands_at_its_place() {
        let given = parameters(&json!({
            "file_path": "x.cxi", "run_split_reconstructions": true, "n_modes": 3, "oversampling_factor": 1,
            "propagation_distance": 0.001, "simulate_probe_translation": false, "n_init_rounds": 2,
            "n_init_iter": 10, "n_final_iter": 20, "translation_randomization": 0.5,
            "probe_initialization": "probe.h5", "init_background": true, "probe_support_radius": 40,
            "n_iter": 7, "period_illu_refine": 2, "period_bg_refine": 3, "use_illu_mask": true, "n_gpu": 4,
        }));
        assert_eq!(
            given.cdtools_arguments("x.cxi").join(" "),
            "x.cxi True 3 1 0.001 False 2 10 20 0.5 probe.h5 True 40"
        );
        assert_eq!(
            given.ptychocam_arguments("x.cxi").join(" "),
            "-i 7 -r 2 -T 3 -M x.cxi"
        );
    }

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, text) in [
            (50e-6, "5e-05"),
            (0.0001, "0.0001"),
            (1.5e-7, "1.5e-07"),
            (0.0, "0.0"),
            (1.0, "1.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (-2.5e-300, "-2.5e-300"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn a_parameter_that_nobody_knows_is_refused() {
        let wrong = json!({"file_path": "x.cxi", "n_itr": 5});
        assert!(serde_json::from_value::<PtychographyParameters>(wrong).is_err());
    }
}
