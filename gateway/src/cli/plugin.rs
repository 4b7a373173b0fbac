//! `ramal plugin`: makes, builds, installs, lists and removes plugins.

mod scaffold;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use crate::cli::CliError;
use crate::config::Config;
use crate::plugin::library::{Installed, Library, read_plugin};
use crate::plugin::{Grants, HostOptions, Manifest, PluginFile, World, build, check};

/// What to do with plugins.
#[derive(Subcommand)]
pub enum PluginCommand {
    /// Makes the folder of a new plugin, ready to build.
    New {
        /// Its name: lower-case letters, digits and `-`.
        name: String,
        #[arg(long, default_value = "channel")]
        world: WorldArgument,
        /// Uses the SDK in this folder instead of a copy of its own.
        #[arg(long)]
        sdk: Option<PathBuf>,
    },
    /// Builds a plugin's folder into its one file, NAME.wasm.
    Build {
        #[arg(default_value = ".")]
        folder: PathBuf,
        /// Where the file goes; without it, into the folder.
        #[arg(long, short)]
        output: Option<PathBuf>,
        /// Also compiles it for this machine into that folder.
        #[arg(long, hide = true)]
        machine_code: Option<PathBuf>,
    },
    /// Puts a plugin into this node, or a new version in the place of the old one; a running node takes it up by itself.
    Install {
        file: PathBuf,
        /// Grants what it asks without a question.
        #[arg(long, short)]
        yes: bool,
        /// Lets it reach hosts in this machine and in private networks.
        #[arg(long)]
        allow_private_networks: bool,
        /// Lets it send requests without TLS.
        #[arg(long)]
        allow_cleartext: bool,
    },
    /// Says anew what a plugin of this node is allowed: all that it asks, and what is named here, nothing else.
    Grant {
        name: String,
        /// Lets it reach hosts in this machine and in private networks.
        #[arg(long)]
        allow_private_networks: bool,
        /// Lets it send requests without TLS.
        #[arg(long)]
        allow_cleartext: bool,
    },
    /// Lists the plugins of this node with what they may.
    List,
    /// Takes a plugin out of this node.
    Remove { name: String },
}

/// What a new plugin is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum WorldArgument {
    /// Joins a messaging provider.
    Channel,
    /// Decides about calls and conversations.
    Rule,
}

/// Does it.
///
/// # Errors
/// In words for the one who typed it.
pub fn run(config: &Config, command: PluginCommand) -> Result<(), CliError> {
    let library = HostOptions::in_data_dir(&config.node.data_dir).library();
    match command {
        PluginCommand::New { name, world, sdk } => {
            let world = match world {
                WorldArgument::Channel => World::Channel,
                WorldArgument::Rule => World::Rule,
            };
            scaffold::make(&name, world, sdk.as_deref())
        }
        PluginCommand::Build { folder, output, machine_code } => {
            build_file(&folder, output, machine_code.as_deref())
        }
        PluginCommand::Install { file, yes, allow_private_networks, allow_cleartext } => {
            let path = file;
            let file = read_plugin(&path).map_err(CliError::message)?;
            check(&file).map_err(|error| {
                let (name, world) = (path.display(), file.manifest.world.name());
                CliError::message(format!(
                    "nothing was installed: {name} is no plugin of world `{world}` that this node can load: {error:#}"
                ))
            })?;
            // What its last version was allowed beside what it asks; `grant` takes it back.
            let before = library.read(&file.manifest.name).map(|last| last.grants).unwrap_or_default();
            let grants = Grants {
                private_networks: allow_private_networks || before.private_networks,
                cleartext: allow_cleartext || before.cleartext,
                ..Grants::all_of(&file.manifest)
            };
            install(&library, Installed { file, grants }, yes)
        }
        PluginCommand::Grant { name, allow_private_networks, allow_cleartext } => {
            let file = library.read(&name).map_err(CliError::message)?.file;
            let grants = Grants {
                private_networks: allow_private_networks,
                cleartext: allow_cleartext,
                ..Grants::all_of(&file.manifest)
            };
            library.grant(&name, &grants).map_err(CliError::message)?;
            println!("{name}");
            for line in described(&file.manifest, &grants) {
                println!("  {line}");
            }
            Ok(())
        }
        PluginCommand::List => list(&library),
        PluginCommand::Remove { name } => {
            library.remove(&name).map_err(CliError::message)?;
            println!("{name} removed.");
            Ok(())
        }
    }
}

fn build_file(folder: &Path, output: Option<PathBuf>, code: Option<&Path>) -> Result<(), CliError> {
    let file = build::build(folder, None).map_err(CliError::message)?;
    if let Some(code) = code {
        build::machine_code(&file, code).map_err(CliError::message)?;
    }
    let output = output.unwrap_or_else(|| folder.join(format!("{}.wasm", file.manifest.name)));
    std::fs::write(&output, &file.bytes)
        .map_err(|error| CliError::message(format!("{}: {error}", output.display())))?;
    println!("{} ({} KiB)", output.display(), file.bytes.len() >> 10);
    Ok(())
}

fn install(library: &Library, installed: Installed, yes: bool) -> Result<(), CliError> {
    let PluginFile { manifest, .. } = &installed.file;
    println!("{} {} ({})", manifest.name, manifest.version, manifest.world.name());
    for line in described(manifest, &installed.grants) {
        println!("  {line}");
    }
    if !yes && !agreed()? {
        return Err(CliError::message("nothing was installed"));
    }
    library.install(&installed).map_err(CliError::message)?;
    println!("Installed.");
    Ok(())
}

fn agreed() -> Result<bool, CliError> {
    if !std::io::stdin().is_terminal() {
        return Err(CliError::message(
            "nothing was installed: there is no terminal to ask at; say --yes to grant what it asks",
        ));
    }
    print!("Grant this? [y/N] ");
    std::io::stdout().flush().map_err(CliError::message)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(CliError::message)?;
    Ok(["y", "yes", "s", "sim"].contains(&answer.trim().to_lowercase().as_str()))
}

fn list(library: &Library) -> Result<(), CliError> {
    let entries = library.list().map_err(CliError::message)?;
    if entries.is_empty() {
        println!("No plugins. `ramal plugin install FILE` puts one in.");
    }
    for entry in entries {
        match entry.found {
            Ok(Installed { file, grants }) => {
                let manifest = &file.manifest;
                println!("{} {} ({})", manifest.name, manifest.version, manifest.world.name());
                for line in described(manifest, &grants) {
                    println!("  {line}");
                }
            }
            Err(error) => println!("{}: {error}", entry.name),
        }
    }
    Ok(())
}

/// What it asks, and whether it gets it.
fn described(manifest: &Manifest, grants: &Grants) -> Vec<String> {
    let asks = &manifest.asks;
    let mark =
        |asked: &str, granted: bool| format!("{asked}{}", if granted { "" } else { "  (not granted)" });
    let mut lines: Vec<String> = asks
        .hosts
        .iter()
        .map(|host| mark(&format!("sends requests to {}", host.as_str()), grants.hosts.contains(host)))
        .collect();
    let powers = [
        (asks.kv, grants.kv, "keeps values"),
        (asks.live, grants.live, "holds lasting lines to browsers"),
        (asks.poll, grants.poll, "is asked from time to time to fetch news"),
    ];
    lines.extend(powers.iter().filter(|(asked, ..)| *asked).map(|(_, granted, words)| mark(words, *granted)));
    if grants.private_networks {
        lines.push("may reach hosts in this machine and in private networks".to_owned());
    }
    if grants.cleartext {
        lines.push("may send requests without TLS".to_owned());
    }
    lines
}
