//! What reading a scan for the catalogue costs: one process for each figure, as memory is looked at too.
//!
//! ```sh
//! cargo build --release --package scan-ingest --example figures
//! figures make scan.h5        # 8 frames of 2160 x 2560, gzip
//! figures frame scan.h5       # reads one frame
//! figures ingest scan.h5 rules.json 1024   # metadata, samples, picture: everything before the first request
//! ```

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use scan_h5::{Scan, ScanReader, ScanSpec, write_scan};
use scan_ingest::{Record, Rules, Source};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["make", file] => Ok(write_scan(file.as_ref(), &ScanSpec::new(8, 2160, 2560).gzip())?),
        ["frame", file] => report(|| {
            let frame = Scan::open(file.as_ref())?.frame("/exchange/data", 0)?;
            Ok(frame.map_or(0, |frame| frame.pixels.len()))
        }),
        ["ingest", file, rules, side] => {
            let side = side.parse()?;
            let rules = Rules::parse(&serde_json::from_slice(&std::fs::read(rules)?)?)?;
            report(|| {
                let source = Source::look(Path::new(file), "/raw/scan.h5")?;
                let record = Record::read(&rules, source, side)?;
                Ok(record.thumbnail.map_or(0, |(thumbnail, _)| thumbnail.png.len()))
            })
        }
        _ => Err("give `make FILE`, `frame FILE` or `ingest FILE RULES.json SIDE`".into()),
    }
}

/// Prints milliseconds, the most memory in MiB (0 where the system does not tell), and what came out.
fn report(work: impl Fn() -> Result<usize, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let made = work()?;
    let elapsed = begun.elapsed().as_secs_f64() * 1000.0;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    let peak = peak.unwrap_or_default() / 1024.0;
    writeln!(std::io::stdout(), "{elapsed:.1} {peak:.1} {made}")?;
    Ok(())
}
