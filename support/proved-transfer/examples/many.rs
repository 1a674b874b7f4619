//! Copies numbered files from one collection to others, proves each copy, and says what it took.
//!
//! ```sh
//! cargo run --release -p proved-transfer --example many -- STATE_DIR COUNT FROM_UUID FROM_ROOT TO_UUID TO_ROOT...
//! ```
//!
//! The files are `many/00000`, `many/00001` and so on below the first root. The credentials are those of
//! `Client::from_env`. Every destination counts as on site.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use globus_transfer::{ClientBuilder, TaskWatcher};
use proved_transfer::control::ExportControl;
use proved_transfer::copy::{Hop, Item, Kind, copy_all};
use proved_transfer::endpoint::StorageEndpoint;
use proved_transfer::progress::Progress;
use proved_transfer::session::{Begun, Service, Session, Workplace};
use rest_core::system_clock;
use run_store::SqliteStore;
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: many STATE_DIR COUNT FROM_UUID FROM_ROOT TO_UUID TO_ROOT...";
    let (Some(state_dir), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err(usage.into());
    };
    let places: Vec<String> = arguments.collect();
    let place = |(n, pair): (usize, &[String])| match pair {
        [uuid, root] => Ok(StorageEndpoint::new(&format!("place{n}"), uuid, "", root).with_on_site(true)),
        _ => Err(usage),
    };
    let places: Vec<StorageEndpoint> = places
        .chunks(2)
        .enumerate()
        .map(place)
        .collect::<Result<_, _>>()?;
    let [source, destinations @ ..] = &places[..] else {
        return Err(usage.into());
    };
    let run = session(Path::new(&state_dir)).await?;
    let names: Vec<String> = (0..count.parse()?).map(|n: u32| format!("many/{n:05}")).collect();
    let item = |path| Item {
        path,
        label: "many",
        kind: Kind::File,
    };
    let items: Vec<Item<'_>> = names.iter().map(|name| item(name.as_str())).collect();
    let begun = Instant::now();
    let (mut proved, mut failure) = (0, None);
    // One collection after the other: the files of one alone fill the service's places.
    for destination in destinations {
        for end in copy_all(&run, &items, Hop { source, destination }, &[]).await {
            match end {
                Ok(_) => proved += 1,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
    }
    let wanted = items.len() * destinations.len();
    writeln!(
        std::io::stdout(),
        "{proved} of {wanted} copies proved in {:.1} s, peak {:.0} MB",
        begun.elapsed().as_secs_f64(),
        peak_memory(),
    )?;
    match failure {
        Some(failure) => Err(failure.to_string().into()),
        None => Ok(()),
    }
}

/// A run of its own in `state_dir`.
async fn session(state_dir: &Path) -> Outcome<Session> {
    let client = ClientBuilder::from_vars(|name| std::env::var(name).ok())?.build()?;
    let workplace = Workplace {
        service: Service::new(client.clone(), TaskWatcher::new(client)),
        store: Arc::new(SqliteStore::open(state_dir)?),
        state_dir: PathBuf::from(state_dir),
        clock: system_clock(),
        export_control: ExportControl::default(),
    };
    match Session::open(workplace, "many", "many", &json!({}), Progress::default()).await {
        Ok(Begun::Open(session)) => Ok(session),
        Ok(Begun::Finished(_)) => Err("the run of this state folder has ended".into()),
        Err(failure) => Err(failure.to_string().into()),
    }
}

/// The highest resident size of this process in MB; 0 where the system does not tell.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or_default() / 1024.0
}
