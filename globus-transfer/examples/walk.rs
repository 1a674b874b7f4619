//! Walks through a folder of a collection and counts what is below it.
//!
//! ```sh
//! cargo run --release -p globus-transfer --example walk -- ENDPOINT_ID /path/ [REQUESTS_A_SECOND]
//! ```
//!
//! The credentials are those of `Client::from_env`. Without a number the client keeps to what Globus allows a user; 0
//! takes the limit away, for a service that has none.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use futures_util::TryStreamExt;
use globus_transfer::rest_core::Limiter;
use globus_transfer::{ClientBuilder, EndpointId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: walk ENDPOINT_ID PATH [REQUESTS_A_SECOND]";
    let (Some(id), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err(usage.into());
    };
    let mut builder = ClientBuilder::from_vars(|name| std::env::var(name).ok())?;
    if let Some(rate) = arguments.next() {
        let rate: u32 = rate.parse().map_err(|_| usage)?;
        let rate = if rate == 0 { u32::MAX } else { rate };
        builder = builder.limiter(Limiter::new(rate, rate));
    }
    let endpoint = builder.build()?.endpoint(EndpointId::parse(&id)?);
    let begun = Instant::now();
    let mut entries = endpoint.ls_recursive(path).entries();
    let mut count = 0_u64;
    while entries.try_next().await?.is_some() {
        count += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(std::io::stdout(), "{count} entries in {seconds:.2} s")?;
    Ok(())
}
