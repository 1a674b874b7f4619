//! `cargo xtask soak`: hundreds of scans through a facility where everything goes wrong at once, by processes
//! that are killed now and then, with the clock moved on so that prunes come due. What must never happen is
//! looked for all the time and at the end; a seed that fails prints its plan.

mod check;
pub(crate) mod http;
mod random;
mod run;
mod scan;
mod site;

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use self::check::{Broken, Kept};
use self::random::Random;
use self::run::{End, Process, Work, Worker};
use self::scan::{Kind, Scan};
use self::site::{FAULTS, Site};
use crate::Result;

/// The soaks of the gate.
const GATE_SEEDS: [u64; 3] = [1, 832, 20_260_219];
const GATE_SECONDS: u64 = 60;
/// Long enough for 10,000 faults and 100 kills on two cores.
const NIGHT_SECONDS: u64 = 20 * 60;

/// Runs at once, besides the worker's.
const AT_ONCE: usize = 20;
/// After the last new scan, how long the runs that are under way may take to end.
const PATIENCE: Duration = Duration::from_secs(120);
/// No run needs longer; one that does hangs. Every fifth of a move's fifty requests fails, some again and again with
/// pauses of seconds, beside twenty such runs.
const LONGEST_RUN: Duration = Duration::from_secs(240);
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);
/// A clock that moves on by so much lets prunes come due and, now and then, tokens and tasks expire.
const ADVANCE_HOURS: u64 = 40;
/// Lines of a scan's history in a plan.
const SHOWN: usize = 15;
/// Tries of one run after which it will never end well.
const TRIES: u32 = 40;
/// After so long no task is left ACTIVE or INACTIVE.
const DEADLINE_HOURS: u64 = 80;
/// What the worker may grow by, once it has run for a third of the time.
const GROWTH_KIB: u64 = 24 * 1024;

/// Which soak.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) seconds: u64,
}

impl Plan {
    /// Reads `--seed N`, `--minutes M` and `--seconds S`; without them seed 832 and one minute.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        let mut plan = Self {
            seed: 832,
            seconds: 0,
        };
        for pair in arguments.chunks(2) {
            match pair {
                ["--seed", number] => plan.seed = number.parse()?,
                ["--minutes", number] => plan.seconds += number.parse::<u64>()? * 60,
                ["--seconds", number] => plan.seconds += number.parse::<u64>()?,
                other => return Err(format!("soak does not take `{}`", other.join(" ")).into()),
            }
        }
        if plan.seconds == 0 {
            plan.seconds = 60;
        }
        Ok(plan)
    }
}

/// The soaks of the gate, one after the other.
pub(crate) fn gate() -> Result {
    for seed in GATE_SEEDS {
        run(Plan {
            seed,
            seconds: GATE_SECONDS,
        })?;
    }
    Ok(())
}

/// The soak of a night, each night with another seed.
pub(crate) fn night() -> Result {
    let days = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400;
    run(Plan {
        seed: days,
        seconds: NIGHT_SECONDS,
    })
}

/// One soak.
pub(crate) fn run(plan: Plan) -> Result {
    let mut soak = Soak::new(plan)?;
    match soak.all() {
        Ok(()) => {
            soak.figures()?;
            fs::remove_dir_all(&soak.site.folder)?;
            Ok(())
        }
        Err(broken) => {
            soak.print_plan(&broken);
            Err(format!("soak of seed {}: {}", plan.seed, broken.what).into())
        }
    }
}

#[derive(Debug, Default)]
struct Figures {
    runs: u64,
    kills: u64,
    failures: u64,
    pruned: u64,
    refused: u64,
    rss_early_kib: u64,
    rss_late_kib: u64,
}

struct Soak {
    plan: Plan,
    site: Site,
    random: Random,
    begun: Instant,
    scans: Vec<Scan>,
    waiting: VecDeque<Work>,
    /// Scheduled runs that were begun or given up.
    taken: BTreeSet<String>,
    processes: Vec<Process>,
    worker: Worker,
    figures: Figures,
}

impl Soak {
    fn new(plan: Plan) -> Result<Self> {
        let site = Site::open(plan.seed)?;
        let worker = Worker::start(&site)?;
        Ok(Self {
            plan,
            random: Random::new(plan.seed),
            begun: Instant::now(),
            scans: Vec::new(),
            waiting: VecDeque::new(),
            taken: BTreeSet::new(),
            processes: Vec::new(),
            worker,
            figures: Figures::default(),
            site,
        })
    }

    fn all(&mut self) -> Kept {
        let end = Duration::from_secs(self.plan.seconds);
        let mut looked = Instant::now();
        while self.begun.elapsed() < end {
            self.turn(true)?;
            if looked.elapsed() >= BETWEEN_LOOKS {
                check::throughout(&self.site, &self.scans)?;
                self.move_time_on()?;
                looked = Instant::now();
            }
            if self.figures.rss_early_kib == 0 && self.begun.elapsed() * 3 > end {
                self.figures.rss_early_kib = self.worker.rss_kib()?;
            }
        }
        // Runs must end well once the services do; what they did under faults is judged after that.
        self.site.control.post("/sim/clear", &json!({}))?;
        let drain = Instant::now();
        while !self.waiting.is_empty() || !self.processes.is_empty() || self.worker.work.is_some() {
            if drain.elapsed() > PATIENCE {
                return Err(self.hanging());
            }
            self.turn(false)?;
        }
        self.figures.rss_late_kib = self.worker.rss_kib()?;
        check::at_the_end(&self.site, &self.scans)?;
        if self.figures.rss_late_kib > self.figures.rss_early_kib + GROWTH_KIB {
            return Err(format!(
                "the worker grew from {} to {} KiB",
                self.figures.rss_early_kib, self.figures.rss_late_kib
            )
            .into());
        }
        Ok(())
    }

    fn hanging(&self) -> Broken {
        let work = self.processes.first().map(|process| &process.work);
        let work = work.or(self.waiting.front()).or(self.worker.work.as_ref());
        Broken {
            scan: work.map(|work| work.scan),
            what: format!(
                "{:?} did not end well without faults",
                work.map(|work| &work.run_id)
            ),
        }
    }

    /// Ends what has ended, begins what there is room for.
    fn turn(&mut self, faulty: bool) -> Kept {
        for mut process in std::mem::take(&mut self.processes) {
            match process.poll()? {
                None if process.age() > LONGEST_RUN => {
                    return Err(Broken {
                        scan: Some(process.work.scan),
                        what: format!("run {} hangs", process.work.run_id),
                    });
                }
                None => self.processes.push(process),
                Some(end) => self.ended(&process.work.clone(), end)?,
            }
        }
        if let Some((work, report)) = self.worker.poll()? {
            self.ended(&work, End::Report(report))?;
        }
        if faulty && self.waiting.is_empty() {
            self.new_scan()?;
        }
        if self.worker.work.is_none()
            && let Some(work) = self.waiting.pop_front()
        {
            self.worker.give(work)?;
        }
        while self.processes.len() < AT_ONCE {
            let Some(work) = self.waiting.pop_front() else {
                break;
            };
            let life =
                (faulty && self.random.one_in(3)).then(|| Duration::from_millis(self.random.below(1_500)));
            let log = if self.random.one_in(8) { "trace" } else { "info" };
            self.processes.push(Process::start(&self.site, work, life, log)?);
        }
        std::thread::sleep(Duration::from_millis(5));
        Ok(())
    }

    fn new_scan(&mut self) -> Kept {
        let n = self.scans.len();
        let kind = match self.random.below(10) {
            0 => Kind::Controlled,
            1 => Kind::Spoilt,
            _ => Kind::Plain,
        };
        let bytes = self.site.write_scan(&Scan::name(n), &mut self.random)?;
        let scan = Scan::new(n, kind, bytes);
        self.waiting.push_back(scan.work(n));
        self.scans.push(scan);
        Ok(())
    }

    /// Notes the end of a run, and begins it again where it did not end well.
    fn ended(&mut self, work: &Work, end: End) -> Kept {
        self.figures.runs += 1;
        let again = match end {
            End::Killed => {
                self.figures.kills += 1;
                self.note(work, "killed");
                true
            }
            End::Report(report) if report["ok"] == true => {
                self.note(work, "ok");
                self.succeeded(work, &report)?;
                false
            }
            End::Report(report) => {
                self.figures.failures += 1;
                self.note(work, &format!("failed: {}", report["error"]));
                if report["error"]["code"] == "INACTIVE" {
                    // Nobody renews the credentials here, so the task must end by its deadline.
                    self.advance(DEADLINE_HOURS)?;
                }
                self.goes_on(work)
            }
        };
        if again && work.tries >= TRIES {
            return Err(Broken {
                scan: Some(work.scan),
                what: format!("run {} did not end well in {TRIES} tries", work.run_id),
            });
        }
        if again {
            self.waiting.push_back(work.clone());
        }
        Ok(())
    }

    /// A move is begun until it ends well; a prune may be refused, and comes again by itself.
    fn goes_on(&mut self, work: &Work) -> bool {
        let is_move = work.flow == "new_832_file_flow";
        if !is_move {
            self.figures.refused += 1;
        }
        is_move && !work.run_id.starts_with('S')
    }

    fn succeeded(&mut self, work: &Work, report: &Value) -> Kept {
        if work.flow != "new_832_file_flow" {
            self.figures.pruned += u64::from(report["outcome"] == "deleted");
            return Ok(());
        }
        let Some(scan) = self.scans.get_mut(work.scan) else {
            return Ok(());
        };
        scan.moved = true;
        if work.run_id.starts_with('M') {
            if scan.kind == Kind::Spoilt && !scan.is_pruned {
                let copy = self.site.path("data832", &scan.name);
                fs::write(copy, &scan.bytes[..scan.bytes.len() / 2])?;
                scan.is_spoilt = true;
            } else if self.random.one_in(5) {
                self.waiting.push_back(scan.again(work.scan));
            }
        }
        Ok(())
    }

    fn advance(&self, hours: u64) -> Result {
        let body = json!({ "seconds": hours * 3600 });
        self.site.control.post("/sim/advance", &body).map(drop)
    }

    /// Moves the simulator's clock on, and takes the prunes that are due.
    fn move_time_on(&mut self) -> Kept {
        self.advance(ADVANCE_HOURS)?;
        let state = self.site.state()?;
        let now = state["now"].as_str().unwrap_or_default().to_owned();
        for run in state["flow_runs"].as_array().into_iter().flatten() {
            let (id, at) = (run["id"].as_str(), run["expected_start_time"].as_str());
            let (Some(id), Some(at), Some(scan)) = (id, at, scan::of_flow_run(run)) else {
                continue;
            };
            // Only what is catalogued is read no more from data832.
            let moved = self.scans.get(scan).is_some_and(|scan| scan.moved);
            if run["parameters"]["source_endpoint"]["name"] == "data832" && !moved {
                continue;
            }
            // Both are RFC 3339 in UTC: their order as text is that of time.
            if at <= now.as_str() && self.taken.insert(id.to_owned()) {
                if let Some(known) = self.scans.get_mut(scan) {
                    known.is_pruned = true;
                }
                self.waiting.push_back(Work {
                    run_id: id.to_owned(),
                    flow: "prune_globus_endpoint",
                    parameters: run["parameters"].clone(),
                    scan,
                    tries: 0,
                });
            }
        }
        Ok(())
    }

    fn note(&mut self, work: &Work, what: &str) {
        let at = self.begun.elapsed().as_secs_f64();
        if let Some(scan) = self.scans.get_mut(work.scan) {
            let line = format!("{at:7.2} s  {} try {}: {what}", work.run_id, work.tries);
            scan.history.push(line);
        }
    }

    fn figures(&self) -> Result {
        let journal = self.site.control.get("/sim/journal")?;
        let (mut requests, mut faults) = (0, 0);
        for line in journal.lines() {
            let entry: Value = serde_json::from_str(line)?;
            requests += 1;
            faults += u64::from(!entry["fault"].is_null());
        }
        let figures = &self.figures;
        let spoilt = || self.scans.iter().filter(|scan| scan.is_spoilt);
        let kept = spoilt()
            .filter(|scan| self.site.path("spot832", &scan.name).exists())
            .count();
        println!(
            "soak of seed {}, {} s: {} scans, {} runs, {} kills, {faults} faults in {requests} requests, {} failed runs, {} pruned, {} prunes refused, {kept} of {} unproved files kept, worker {} -> {} KiB; 0 lost, 0 twice, 0 leaked",
            self.plan.seed,
            self.plan.seconds,
            self.scans.len(),
            figures.runs,
            figures.kills,
            figures.failures,
            figures.pruned,
            figures.refused,
            spoilt().count(),
            figures.rss_early_kib,
            figures.rss_late_kib,
        );
        Ok(())
    }

    /// What a seed that fails was about.
    fn print_plan(&self, broken: &Broken) {
        println!("seed {}, {} s, faults:", self.plan.seed, self.plan.seconds);
        for fault in FAULTS {
            println!("  {fault}");
        }
        println!("broken: {}", broken.what);
        if let Some(scan) = broken.scan.and_then(|n| self.scans.get(n)) {
            println!("{} ({:?}, {} bytes):", scan.name, scan.kind, scan.bytes.len());
            let old = scan.history.len().saturating_sub(SHOWN);
            for line in scan.history.iter().skip(old) {
                println!("  {line}");
            }
        }
        match self.site.control.get("/sim/journal") {
            Ok(journal) => drop(fs::write(self.site.folder.join("journal.jsonl"), journal)),
            Err(error) => println!("no journal: {error}"),
        }
        println!("record of runs, logs and journal: {}", self.site.folder.display());
        println!(
            "to repeat: cargo xtask soak --seed {} --seconds {}",
            self.plan.seed, self.plan.seconds
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let plan = Plan::parse(&["--seed", "7", "--minutes", "2", "--seconds", "5"]).unwrap();
        assert_eq!((plan.seed, plan.seconds), (7, 125));
        assert_eq!(Plan::parse(&[]).unwrap().seconds, 60);
        assert!(Plan::parse(&["--seed"]).is_err());
        assert!(Plan::parse(&["--hours", "2"]).is_err());
    }
}
