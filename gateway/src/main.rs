//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ramal::cli;
use ramal::cli::apply::Mode;
use ramal::site::Secrets;

/// Ramal: a contact centre in one binary.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Configuration of the node; without it the defaults hold.
    #[arg(long, short, global = true, env = "RAMAL_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the node until it is told to stop.
    Serve {
        /// Prints one line of JSON with the addresses when ready.
        #[arg(long)]
        ready_json: bool,
    },
    /// Reads the configuration and says whether it is right.
    CheckConfig,
    /// Brings the database to the schema of this version.
    Migrate,
    /// Makes organizations, extensions, trunks, dial plan and recording rules as the file says.
    Apply {
        site: PathBuf,
        /// Prints the difference and changes nothing.
        #[arg(long)]
        dry_run: bool,
        /// Deletes extensions that the file lacks also where users of the console have them; without it nothing is changed then.
        #[arg(long)]
        take_from_users: bool,
    },
    /// Prints what `apply` needs to make the same again. Passwords stay where they are, "(kept)" in their place.
    Export {
        /// Writes what the database holds of passwords, so that `apply` can make the same in an empty database: hashes, which are as good
        /// as passwords for phones, and PINs. Keep the output as you keep the database. Queues, users and contacts are not in it, and passwords
        /// for trunks that name no realm open with the key of this node alone.
        #[arg(long)]
        secrets: bool,
    },
    /// Lists the running calls of the node.
    Calls {
        #[arg(long)]
        json: bool,
    },
    /// Lists the phones that are registered with the node.
    Registrations {
        #[arg(long)]
        json: bool,
    },
    /// Lists the trunks, their registration and health.
    Trunks {
        #[arg(long)]
        json: bool,
    },
    /// Prints the SIP messages and media facts of a call, by its id or a SIP Call-ID.
    Trace { call: String },
    /// Ends a running call.
    HangUp { call: String },
    /// Makes, builds, installs, lists and removes plugins.
    #[command(subcommand)]
    Plugin(cli::plugin::PluginCommand),
    /// Plays Telegram on this machine, for trying and for tests: a Bot API with a page to write as a customer.
    Sandbox {
        /// A loopback address.
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: std::net::SocketAddr,
        /// Prints one line of JSON with the address when ready.
        #[arg(long)]
        ready_json: bool,
    },
    /// Lists, makes and disables people who log in.
    #[command(subcommand)]
    User(cli::user::UserCommand),
    /// Lists the last call records of the database, newest first.
    Cdrs {
        #[arg(long)]
        json: bool,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

fn main() -> ExitCode {
    keep_files_private();
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Serve { .. } => outlive_a_file_limit(),
        _ => end_with_the_reader(),
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ramal: the runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments));
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ramal: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What any command writes holds hashes as good as passwords, and recordings: nobody else may read it.
fn keep_files_private() {
    // SAFETY: sets a number of the process before any other thread runs.
    unsafe {
        libc::umask(0o077);
    }
}

/// A listing whose reader has gone (`ramal cdrs | head`) ends quietly, as other tools do.
fn end_with_the_reader() {
    // SAFETY: sets the default action of a signal before any other thread runs.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}

/// A file that reaches the size limit of the process (RLIMIT_FSIZE) fails its write, as on a full disk; the signal that
/// comes with it would end all calls.
fn outlive_a_file_limit() {
    // SAFETY: ignores a signal before any other thread runs.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

async fn run(arguments: Arguments) -> Result<(), cli::CliError> {
    let config = cli::load_config(arguments.config.as_deref())?;
    match arguments.command {
        Command::Serve { ready_json } => cli::serve::run(config, ready_json).await,
        Command::CheckConfig => cli::check_config::run(&config).await,
        Command::Migrate => cli::migrate::run(&config).await,
        Command::Apply { site, dry_run, take_from_users } => {
            let mode = match (dry_run, take_from_users) {
                (true, _) => Mode::DryRun,
                (false, false) => Mode::Careful,
                (false, true) => Mode::TakeFromUsers,
            };
            cli::apply::run(&config, &site, mode).await
        }
        Command::Export { secrets } => {
            cli::export::run(&config, if secrets { Secrets::Written } else { Secrets::Kept }).await
        }
        Command::Calls { json } => cli::operate::list(&config, "/calls", json).await,
        Command::Registrations { json } => cli::operate::list(&config, "/registrations", json).await,
        Command::Trunks { json } => cli::operate::list(&config, "/trunks", json).await,
        Command::Trace { call } => cli::operate::trace(&config, &call).await,
        Command::HangUp { call } => cli::operate::hang_up(&config, &call).await,
        Command::Plugin(command) => cli::plugin::run(&config, command),
        Command::Sandbox { listen, ready_json } => cli::sandbox::run(listen, ready_json).await,
        Command::User(command) => cli::user::run(&config, command).await,
        Command::Cdrs { json, limit } => cli::cdrs::run(&config, limit, json).await,
    }
}
