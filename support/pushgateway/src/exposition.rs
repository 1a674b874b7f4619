//! The text exposition format, version 0.0.4, as far as gauges need it.

use std::fmt::Write as _;

/// Gauges in the text format that Prometheus reads. The caller's names of metrics and labels are taken as they
/// are; the gateway refuses what is no name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposition(String);

impl Exposition {
    /// Begins the gauge `name`. Its samples follow at once, as the format wants them together.
    pub fn gauge<'a>(&'a mut self, name: &'a str, help: &str) -> Gauge<'a> {
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge");
        Gauge { text: self, name }
    }

    /// Whether there is no gauge in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A gauge whose samples are being written.
#[derive(Debug)]
pub struct Gauge<'a> {
    text: &'a mut Exposition,
    name: &'a str,
}

impl Gauge<'_> {
    /// Adds the value under `label="of"`. NaN and infinities are values, too.
    pub fn sample(&mut self, label: &str, of: &str, value: impl Into<f64>) -> &mut Self {
        let of = escaped(of);
        let value = shown(value.into());
        // Writing to a String cannot fail.
        let _ = writeln!(self.text.0, "{}{{{label}=\"{of}\"}} {value}", self.name);
        self
    }
}

/// A label's value: any text, with the three characters escaped that end it or its line.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}

/// Rust's shortest form that reads back as the same number, and Go's names for what is none.
fn shown(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_of(write: impl FnOnce(&mut Exposition)) -> String {
        let mut text = Exposition::default();
        write(&mut text);
        text.0
    }

    #[test]
    fn a_gauge_has_its_help_its_type_and_its_samples() {
        let text = text_of(|text| {
            text.gauge("bytes", "Bytes \\ of\nall")
                .sample("machine", "a", 12_u32)
                .sample("machine", "b", 0.25);
        });
        assert_eq!(
            text,
            "# HELP bytes Bytes \\\\ of\\nall\n# TYPE bytes gauge\nbytes{machine=\"a\"} 12\nbytes{machine=\"b\"} 0.25\n"
        );
    }

    #[test]
    fn numbers_are_written_as_go_reads_them() {
        let shown: Vec<String> = [1e21, 1.5e-9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0]
            .map(shown)
            .into();
        assert_eq!(
            shown,
            [
                "1000000000000000000000",
                "0.0000000015",
                "NaN",
                "+Inf",
                "-Inf",
                "-0"
            ]
        );
    }

    /// The label's value of the one sample line, as a scraper reads it back.
    fn read_back(line: &str) -> (String, &str) {
        let mut rest = line.strip_prefix("g{l=\"").unwrap().chars();
        let mut value = String::new();
        loop {
            match rest.next().unwrap() {
                '"' => break,
                '\\' => value.push(match rest.next().unwrap() {
                    'n' => '\n',
                    other => other,
                }),
                other => value.push(other),
            }
        }
        (value, rest.as_str().strip_prefix("} ").unwrap())
    }

    proptest! {
        #[test]
        fn any_label_and_any_number_come_back(label in "([\"\\\\\n{}n]|\\PC){0,20}", value in any::<f64>()) {
            let text = text_of(|text| { text.gauge("g", "").sample("l", &label, value); });
            // Prometheus ends a line at `\n` only.
            let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
            prop_assert_eq!(lines.len(), 3);
            let (read, number) = read_back(lines[2]);
            prop_assert_eq!(read, label);
            let number: f64 = number.parse().unwrap();
            prop_assert!(number.total_cmp(&value).is_eq() || number.is_nan() && value.is_nan());
        }
    }
}
