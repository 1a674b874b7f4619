//! The `splash-flows` command.

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use splash_flows_cli::logging::{self, LogFormat};

/// The configuration file where none is named.
const CONFIG: &str = "config.yml";

/// Run the beamline's data flows from the command line.
#[derive(Debug, Parser)]
#[command(name = "splash-flows", version, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// What every subcommand shares.
#[derive(Debug, Args)]
struct Settings {
    /// The configuration file.
    #[arg(long, global = true, default_value = CONFIG)]
    config: PathBuf,
    /// A file of variables; those of the process win. Default: .env in the current folder, if there is one.
    #[arg(long, global = true)]
    env_file: Option<PathBuf>,
    /// Where runs are recorded. Default: $XDG_STATE_HOME/splash-flows, else ~/.local/state/splash-flows.
    #[arg(long, global = true)]
    state_dir: Option<PathBuf>,
    /// How stderr looks: text, with a log if RUST_LOG asks for one, or a log of one JSON object a line.
    #[arg(
        long,
        global = true,
        env = "SPLASH_FLOWS_LOG_FORMAT",
        value_enum,
        default_value_t
    )]
    log_format: LogFormat,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(commands::run::RunFlow),
    /// List the flows and their parameters.
    Flows,
    Login(commands::login::Login),
    Check(commands::check::Check),
    FlightCheck(commands::flight_check::FlightCheck),
    Env(commands::env::ShowEnv),
    ExportControl(commands::export_control::ExportControl),
    GlobusFlow(commands::globus_flow::GlobusFlow),
    Ingest(commands::ingest::Ingest),
    Ingests(commands::ingests::Ingests),
    Jobs(commands::jobs::Jobs),
    Prune(commands::prune::Prune),
    Prunes(commands::prunes::Prunes),
    Deploy(commands::deploy::Deploy),
    Worker(commands::worker::Worker),
    Submit(commands::submit::Submit),
    Settings(commands::settings::ServerSettings),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A worker's log goes to its server too.
    if !matches!(arguments.command, Command::Worker(_)) {
        logging::start(arguments.settings.log_format);
    }
    match &arguments.command {
        Command::Run(run) => run.execute(&arguments.settings),
        Command::Flows => commands::flows::list(),
        Command::Login(login) => login.execute(&arguments.settings),
        Command::Check(check) => check.execute(&arguments.settings),
        Command::FlightCheck(check) => check.execute(&arguments.settings),
        Command::Env(env) => env.execute(&arguments.settings),
        Command::ExportControl(control) => control.execute(&arguments.settings),
        Command::GlobusFlow(flow) => flow.execute(&arguments.settings),
        Command::Ingest(ingest) => ingest.execute(&arguments.settings),
        Command::Ingests(ingests) => ingests.execute(&arguments.settings),
        Command::Jobs(jobs) => jobs.execute(&arguments.settings),
        Command::Prune(prune) => prune.execute(&arguments.settings),
        Command::Prunes(prunes) => prunes.execute(&arguments.settings),
        Command::Deploy(deploy) => deploy.execute(&arguments.settings),
        Command::Worker(worker) => worker.execute(&arguments.settings),
        Command::Submit(submit) => submit.execute(&arguments.settings),
        Command::Settings(server) => server.execute(&arguments.settings),
    }
}
