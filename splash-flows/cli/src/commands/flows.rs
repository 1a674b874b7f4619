//! `splash-flows flows`

use std::io::Write;
use std::process::ExitCode;

use splash_flows::flows::FLOWS;

/// Lists the flows and their parameters.
pub(crate) fn list() -> ExitCode {
    let mut out = std::io::stdout().lock();
    for flow in FLOWS {
        let written = writeln!(
            out,
            "{}\n    {}\n    {}",
            flow.name, flow.summary, flow.parameters
        );
        if written.is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
