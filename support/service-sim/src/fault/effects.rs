//! The effects, by their names.

use std::time::Duration;

use super::parse::Keys;
use super::{Aim, JobEffect, RequestEffect, Spoil, TaskEffect, TaskFilter};
use crate::operations::{CAN_BE_STALE, OPERATIONS, glob};
use crate::routes::Odd;

pub(super) fn request_aim(target: &str, effect: &str, keys: &mut Keys<'_>) -> Result<Aim, String> {
    if !OPERATIONS.iter().any(|operation| glob(target, operation)) {
        return Err(format!(
            "no operation is called {target:?}; known are `task`, `job` and {}",
            OPERATIONS.join(", ")
        ));
    }
    let (name, value) = split(effect);
    let effect = match (name, value) {
        ("status", Some(code)) => RequestEffect::Status {
            code: code
                .parse()
                .ok()
                .filter(|code| (400..600).contains(code))
                .ok_or_else(|| format!("status={code}: expected 400 to 599"))?,
            retry_after: keys.number("retry-after")?.map(Duration::from_secs),
        },
        ("html", None) => RequestEffect::Html,
        ("401", None) => RequestEffect::Unauthorized,
        ("reset-before", None) => RequestEffect::ResetBefore,
        ("reset-after", None) => RequestEffect::ResetAfter,
        ("truncate", None) => RequestEffect::Truncate,
        ("duplicate", None) => RequestEffect::Duplicate,
        ("stale", None) if CAN_BE_STALE.iter().any(|operation| glob(target, operation)) => {
            RequestEffect::Stale
        }
        ("stale", None) => return Err(format!("only {} can be stale", CAN_BE_STALE.join(", "))),
        ("latency", Some(ms)) => RequestEffect::Latency(Duration::from_millis(from_one("latency", ms)?)),
        ("skew", Some(seconds)) => RequestEffect::Skew(signed(seconds)?),
        ("omit", None) => RequestEffect::Odd(odd(target, Odd::Omit)?),
        ("give-up", None) => RequestEffect::Odd(odd(target, Odd::GiveUp)?),
        ("hold", name) => RequestEffect::Hold(hold_name("hold", name)?),
        ("hold-before", name) => RequestEffect::HoldBefore(hold_name("hold-before", name)?),
        ("stall", name) => RequestEffect::Stall(hold_name("stall", name)?),
        _ => {
            return Err(format!(
                "{effect:?} is no effect on a request; known are status=N, html, 401, reset-before, \
                 reset-after, truncate, duplicate, stale, omit, give-up, latency=MS, skew=SECONDS, hold[=NAME], \
                 hold-before[=NAME], stall[=NAME]"
            ));
        }
    };
    Ok(Aim::Requests {
        operations: target.to_owned(),
        effect,
    })
}

/// These are for one operation only.
fn odd(target: &str, odd: Odd) -> Result<Odd, String> {
    if target == odd.operation() {
        Ok(odd)
    } else {
        Err(format!("only {} can do that", odd.operation()))
    }
}

pub(super) fn task_aim(effect: &str, keys: &mut Keys<'_>) -> Result<Aim, String> {
    let filter = TaskFilter {
        source: keys.text("source"),
        destination: keys.text("destination"),
    };
    let stuck = |nice_status| TaskEffect::Stuck { nice_status };
    let effect = match split(effect) {
        ("fail", None) => TaskEffect::Fail {
            code: keys.text("code").unwrap_or_else(|| "ENDPOINT_ERROR".to_owned()),
        },
        ("file-not-found", None) => stuck("FILE_NOT_FOUND"),
        ("permission-denied", None) => stuck("PERMISSION_DENIED"),
        ("disk-full", None) => stuck("NO_SPACE_LEFT"),
        ("quota", None) => stuck("QUOTA_EXCEEDED"),
        ("inactive", None) => TaskEffect::Inactive,
        ("stall", None) => TaskEffect::Stall,
        ("expire", None) => TaskEffect::Expire,
        ("hold", name) => TaskEffect::Hold(hold_name("hold", name)?),
        ("corrupt", None) => TaskEffect::Spoilt(Spoil::Corrupt),
        ("truncate", None) => TaskEffect::Spoilt(Spoil::Truncate),
        ("skipped", None) => TaskEffect::Spoilt(Spoil::Skip),
        ("slow", Some(rate)) => TaskEffect::Spoilt(Spoil::Slow(from_one("slow", rate)?)),
        ("skew", Some(seconds)) => TaskEffect::Spoilt(Spoil::Skew(signed(seconds)?)),
        _ => {
            return Err(format!(
                "{effect:?} is no effect on a task; known are fail, expire, file-not-found, permission-denied, \
                 disk-full, quota, inactive, stall, hold[=NAME], skipped, corrupt, truncate, \
                 slow=BYTES_PER_S, skew=SECONDS"
            ));
        }
    };
    Ok(Aim::Tasks { filter, effect })
}

pub(super) fn job_aim(effect: &str, keys: &mut Keys<'_>) -> Result<Aim, String> {
    let name = keys.text("name").unwrap_or_else(|| "*".to_owned());
    let end = |state, exit| JobEffect::End { state, exit };
    let effect = match split(effect) {
        ("fail", None) => {
            let exit = keys.number("exit")?.unwrap_or(1);
            end("FAILED", (i32::try_from(exit).unwrap_or(1), 0))
        }
        ("timeout", None) => end("TIMEOUT", (0, 15)),
        ("oom", None) => end("OUT_OF_MEMORY", (0, 125)),
        ("node-fail", None) => end("NODE_FAIL", (1, 0)),
        ("boot-fail", None) => end("BOOT_FAIL", (1, 0)),
        ("deadline", None) => end("DEADLINE", (0, 0)),
        ("preempt", None) => end("PREEMPTED", (0, 0)),
        ("hold", name) => JobEffect::Hold(hold_name("hold", name)?),
        _ => {
            return Err(format!(
                "{effect:?} is no effect on a job; known are fail, timeout, oom, node-fail, boot-fail, deadline, \
                 preempt, hold[=NAME]"
            ));
        }
    };
    Ok(Aim::Jobs { name, effect })
}

fn split(effect: &str) -> (&str, Option<&str>) {
    match effect.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (effect, None),
    }
}

fn from_one(key: &str, value: &str) -> Result<u64, String> {
    match value.parse() {
        Ok(n) if n >= 1 => Ok(n),
        _ => Err(format!("{key}={value}: expected a whole number from 1")),
    }
}

/// Seconds, at most a century either way.
fn signed(value: &str) -> Result<i64, String> {
    let century = -3_155_760_000..=3_155_760_000;
    match value.parse() {
        Ok(seconds) if century.contains(&seconds) => Ok(seconds),
        _ => Err(format!("skew={value}: expected a whole number of seconds")),
    }
}

fn hold_name(default: &str, name: Option<&str>) -> Result<String, String> {
    match name {
        None => Ok(default.to_owned()),
        Some("" | "*") => Err(format!("{default} needs a name other than `*`")),
        Some(name) => Ok(name.to_owned()),
    }
}
