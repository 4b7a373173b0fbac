//! `ramal plugin new`: a folder that builds, with the SDK of this very version beside it.

use std::path::{Path, PathBuf};

use crate::cli::CliError;
use crate::plugin::{Manifest, World};

/// A file of the SDK, by its place in it.
type SdkFile = (&'static str, &'static str);

macro_rules! sdk {
    ($($path:literal => $source:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../plugin-sdk/", $source)))),*]
    };
}

/// The SDK as it travels in the binary, so that what it speaks is what this host understands.
const SDK: &[SdkFile] = sdk! {
    "Cargo.toml" => "rust/Cargo.toml",
    "README.md" => "rust/README.md",
    "src/bindings.rs" => "rust/src/bindings.rs",
    "src/channel.rs" => "rust/src/channel.rs",
    "src/form.rs" => "rust/src/form.rs",
    "src/lib.rs" => "rust/src/lib.rs",
    "src/reply.rs" => "rust/src/reply.rs",
    "src/request.rs" => "rust/src/request.rs",
    "src/rule.rs" => "rust/src/rule.rs",
    "wit/clock.wit" => "wit/v1/clock.wit",
    "wit/content.wit" => "wit/v1/content.wit",
    "wit/deciding.wit" => "wit/v1/deciding.wit",
    "wit/http.wit" => "wit/v1/http.wit",
    "wit/inbound.wit" => "wit/v1/inbound.wit",
    "wit/interaction.wit" => "wit/v1/interaction.wit",
    "wit/kv.wit" => "wit/v1/kv.wit",
    "wit/live.wit" => "wit/v1/live.wit",
    "wit/log.wit" => "wit/v1/log.wit",
    "wit/messaging.wit" => "wit/v1/messaging.wit",
    "wit/outbound.wit" => "wit/v1/outbound.wit",
    "wit/random.wit" => "wit/v1/random.wit",
    "wit/settings.wit" => "wit/v1/settings.wit",
    "wit/setup.wit" => "wit/v1/setup.wit",
    "wit/world.wit" => "wit/v1/world.wit",
};

const CARGO: &str = include_str!("scaffold/Cargo.toml.in");
const CHANNEL: &str = include_str!("scaffold/channel.rs.in");
const CHANNEL_MANIFEST: &str = include_str!("scaffold/channel.toml.in");
const RULE: &str = include_str!("scaffold/rule.rs.in");
const RULE_MANIFEST: &str = include_str!("scaffold/rule.toml.in");
/// Where the SDK's copy lies in a new plugin.
const SDK_FOLDER: &str = "ramal-plugin";

/// Makes the folder `name` here.
///
/// # Errors
/// If the name is none for a plugin, or the folder is there already.
pub fn make(name: &str, world: World, sdk: Option<&Path>) -> Result<(), CliError> {
    let (manifest, source) = match world {
        World::Channel => (CHANNEL_MANIFEST, CHANNEL),
        World::Rule => (RULE_MANIFEST, RULE),
    };
    let manifest = manifest.replace("{name}", name);
    Manifest::parse(&manifest).map_err(CliError::message)?;
    let folder = PathBuf::from(name);
    if folder.exists() {
        return Err(CliError::message(format!("{name} is there already")));
    }
    let sdk_path = match sdk {
        Some(path) => path.canonicalize().map_err(CliError::message)?.display().to_string(),
        None => SDK_FOLDER.to_owned(),
    };
    write(&folder.join("plugin.toml"), &manifest)?;
    write(&folder.join("Cargo.toml"), &CARGO.replace("{name}", name).replace("{sdk}", &sdk_path))?;
    write(&folder.join("src/lib.rs"), source)?;
    write(&folder.join(".gitignore"), "/target\n/*.wasm\n")?;
    if sdk.is_none() {
        for (path, text) in SDK {
            write(&folder.join(SDK_FOLDER).join(path), text)?;
        }
    }
    println!(
        "{name} is there. Next:\n  ramal plugin build {name}\n  ramal plugin install {name}/{name}.wasm"
    );
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let done =
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    done.map_err(|error| CliError::message(format!("{}: {error}", path.display())))
}
