//! What a job script asks for, and what `sbatch` refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use super::words::directive;

/// A job's directives.
#[derive(Clone, Debug)]
pub(super) struct Wishes {
    pub(super) name: String,
    pub(super) qos: String,
    pub(super) account: String,
    pub(super) output: Option<String>,
    pub(super) error: Option<String>,
    pub(super) time: Duration,
    pub(super) nodes: String,
}

/// Options that take a value: long name, and short one or a blank.
const WITH_VALUE: &[(&str, char)] = &[
    ("account", 'A'),
    ("array", 'a'),
    ("begin", 'b'),
    ("chdir", 'D'),
    ("comment", ' '),
    ("constraint", 'C'),
    ("cpus-per-gpu", ' '),
    ("cpus-per-task", 'c'),
    ("dependency", 'd'),
    ("error", 'e'),
    ("export", ' '),
    ("gpu-bind", ' '),
    ("gpus", 'G'),
    ("gpus-per-node", ' '),
    ("gpus-per-task", ' '),
    ("gres", ' '),
    ("image", ' '),
    ("job-name", 'J'),
    ("licenses", 'L'),
    ("mail-type", ' '),
    ("mail-user", ' '),
    ("mem", ' '),
    ("mem-per-cpu", ' '),
    ("module", ' '),
    ("nodes", 'N'),
    ("ntasks", 'n'),
    ("ntasks-per-node", ' '),
    ("open-mode", ' '),
    ("output", 'o'),
    ("partition", 'p'),
    ("priority", ' '),
    ("qos", 'q'),
    ("reservation", ' '),
    ("signal", ' '),
    ("time", 't'),
    ("time-min", ' '),
    ("volume", ' '),
];
const ALONE: &[&str] = &["exclusive", "requeue", "no-requeue", "overcommit", "hold"];

/// Qualities of service and how long a job may run in them, in minutes.
const QOS: &[(&str, u64)] = &[
    ("normal", 2880),
    ("regular", 2880),
    ("premium", 2880),
    ("preempt", 2880),
    ("overrun", 2880),
    ("shared", 2880),
    ("debug", 30),
    ("interactive", 240),
    ("realtime", 720),
];
const ACCOUNTS: &[&str] = &["als", "als_g", "root"];
const FEATURES: &[&str] = &["cpu", "gpu", "haswell", "knl", "gpu&hbm80g", "gpu&hbm40g"];

const FAILED: &str = "sbatch: error: Batch job submission failed";

impl Wishes {
    /// Reads the directives: comment lines `#SBATCH` before the first command.
    pub(super) fn read(script: &str) -> Result<Self, String> {
        if !script.starts_with("#!") {
            return Err("sbatch: error: This does not look like a batch script.  The first\nsbatch: error: line must start with #! followed by the path to an interpreter.".to_owned());
        }
        let mut found = BTreeMap::new();
        let comments = script
            .lines()
            .skip(1)
            .take_while(|line| line.trim().is_empty() || line.starts_with('#'));
        for line in comments.filter_map(|line| line.strip_prefix("#SBATCH")) {
            options(&directive(line), &mut found)?;
        }
        let get = |name: &str| found.get(name).cloned();
        let wishes = Self {
            name: get("job-name").unwrap_or_else(|| "sbatch".to_owned()),
            qos: get("qos").unwrap_or_else(|| "normal".to_owned()),
            account: get("account").unwrap_or_else(|| "als".to_owned()),
            output: get("output"),
            error: get("error"),
            time: match get("time") {
                Some(text) => time(&text).ok_or("sbatch: error: Invalid --time specification")?,
                None => Duration::from_secs(600),
            },
            nodes: get("nodes").unwrap_or_else(|| "1".to_owned()),
        };
        let constraint = get("constraint").unwrap_or_else(|| "cpu".to_owned());
        wishes.check(&constraint)?;
        Ok(wishes)
    }

    fn check(&self, constraint: &str) -> Result<(), String> {
        if !QOS.iter().any(|(name, _)| *name == self.qos) {
            return Err(format!("{FAILED}: Invalid qos specification"));
        }
        if !ACCOUNTS.contains(&self.account.as_str()) {
            return Err(format!(
                "{FAILED}: Invalid account or account/partition combination specified"
            ));
        }
        if !FEATURES.contains(&constraint) {
            return Err(format!("{FAILED}: Invalid feature specification"));
        }
        Ok(())
    }

    /// Whether the time is more than the qos allows: such a job waits for ever.
    pub(super) fn too_long(&self) -> bool {
        let longest = QOS.iter().find(|(name, _)| *name == self.qos);
        longest.is_some_and(|(_, minutes)| self.time > Duration::from_secs(60 * minutes))
    }
}

fn options(words: &[String], found: &mut BTreeMap<String, String>) -> Result<(), String> {
    let unknown = |what: &str| format!("sbatch: {what}\nTry \"sbatch --help\" for more information");
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long
                .split_once('=')
                .map_or((long, None), |(name, value)| (name, Some(value.to_owned())));
            if ALONE.contains(&name) {
                continue;
            }
            let known = WITH_VALUE.iter().find(|(known, _)| *known == name);
            (
                known
                    .ok_or_else(|| unknown(&format!("unrecognized option '--{name}'")))?
                    .0,
                value,
            )
        } else {
            let mut chars = word.strip_prefix('-').unwrap_or_default().chars();
            let short = chars.next().unwrap_or(' ');
            let known = WITH_VALUE
                .iter()
                .find(|(_, known)| *known == short && short != ' ');
            let name = known
                .ok_or_else(|| unknown(&format!("invalid option -- '{short}'")))?
                .0;
            (
                name,
                Some(chars.collect::<String>()).filter(|rest| !rest.is_empty()),
            )
        };
        let value = value.or_else(|| words.next().cloned());
        let value = value.ok_or_else(|| unknown(&format!("option '--{name}' requires an argument")))?;
        found.insert(name.to_owned(), value);
    }
    Ok(())
}

/// `MM`, `MM:SS`, `HH:MM:SS`, `D-HH[:MM[:SS]]`.
fn time(text: &str) -> Option<Duration> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(days.parse::<u64>().ok()?), rest),
        None => (None, text),
    };
    let parts: Vec<u64> = rest
        .split(':')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let seconds = match (days, parts.as_slice()) {
        (None, [m]) => m * 60,
        (None, [m, s]) => m * 60 + s,
        (_, [h, m, s]) => h * 3600 + m * 60 + s,
        (Some(_), [h]) => h * 3600,
        (Some(_), [h, m]) => h * 3600 + m * 60,
        _ => return None,
    };
    let seconds = seconds + days.unwrap_or(0) * 86_400;
    (seconds > 0 && seconds < 31_536_000).then(|| Duration::from_secs(seconds))
}

/// `900` as `15:00`, `1-02:00:00`.
pub(super) fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, h, m, s) = (
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    );
    match (days, h) {
        (0, 0) => format!("{m}:{s:02}"),
        (0, h) => format!("{h}:{m:02}:{s:02}"),
        (days, h) => format!("{days}-{h:02}:{m:02}:{s:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read_in_both_forms_up_to_the_first_command() {
        let text = "#!/bin/bash\n#SBATCH -q debug -A als_g\n# other\n\n#SBATCH --time=0:15:00 --exclusive -N2\n#SBATCH --job-name=\"a b\"\nid\n#SBATCH -q nope\n";
        let wishes = Wishes::read(text).unwrap();
        assert_eq!(
            (wishes.qos.as_str(), wishes.account.as_str(), wishes.name.as_str()),
            ("debug", "als_g", "a b")
        );
        assert_eq!(
            (wishes.time, wishes.nodes.as_str()),
            (Duration::from_secs(900), "2")
        );
        assert!(!wishes.too_long());
    }

    #[test]
    fn refusals_are_those_of_sbatch() {
        for (line, words) in [
            ("-q nope", "Invalid qos"),
            ("-A nope", "Invalid account"),
            ("-C nope", "Invalid feature"),
            ("--bogus-option", "unrecognized option '--bogus-option'"),
            ("-t soon", "Invalid --time"),
            ("-N", "requires an argument"),
        ] {
            let error = Wishes::read(&format!("#!/bin/bash\n#SBATCH {line}\nid\n")).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(Wishes::read("hostname\n").is_err());
    }
}
