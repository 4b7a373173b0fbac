//! From the folder of a plugin to its file.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::plugin::engine::PluginEngine;
use crate::plugin::manifest::{Manifest, ManifestError};
use crate::plugin::plugin_file::{PluginFile, PluginFileError};

/// Names another cargo for WebAssembly than the one in PATH.
const CARGO_VARIABLE: &str = "RAMAL_WASM_CARGO";
/// What cargo builds for.
const TARGET: &str = "wasm32-unknown-unknown";

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("{}: {error}", path.display())]
    Read { path: PathBuf, error: std::io::Error },
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("cargo did not run: {0}")]
    Cargo(std::io::Error),
    #[error("cargo failed; where it says that the target is not there: rustup target add {TARGET}")]
    Failed,
    #[error("cargo made no {}: name the package as the plugin, with crate-type cdylib", .0.display())]
    NoModule(PathBuf),
    #[error("the module is no component of world `{world}`: {reason}")]
    NoComponent { world: &'static str, reason: String },
    #[error(transparent)]
    File(#[from] PluginFileError),
    #[error("the plugin cannot be compiled for this machine: {0}")]
    Code(String),
}

fn read(path: PathBuf) -> Result<String, BuildError> {
    std::fs::read_to_string(&path).map_err(|error| BuildError::Read { path, error })
}

/// Builds the plugin in `folder`, which holds `plugin.toml` and a Rust package of the same name, with the cargo that
/// `RAMAL_WASM_CARGO` names, or the one in PATH. `target`: where cargo works, if not where it would by itself.
///
/// # Errors
/// What to do about it.
pub fn build(folder: &Path, target: Option<&Path>) -> Result<PluginFile, BuildError> {
    let text = read(folder.join("plugin.toml"))?;
    let manifest = Manifest::parse(&text)?;
    let module = compile(folder, &manifest.name, target)?;
    PluginFile::make(component(&module, &manifest)?, &text).map_err(BuildError::from)
}

/// Compiles a plugin for this machine into `folder`, where the host of a program looks beside which it lies.
///
/// # Errors
/// If the plugin is not sound, or the folder cannot be written.
pub fn machine_code(file: &PluginFile, folder: &Path) -> Result<(), BuildError> {
    let code = |error: wasmtime::Error| BuildError::Code(format!("{error:#}"));
    let engine = PluginEngine::start(folder.to_owned(), None).map_err(code)?;
    engine.prepare(file).map_err(code)?;
    Ok(())
}

fn compile(folder: &Path, name: &str, target: Option<&Path>) -> Result<Vec<u8>, BuildError> {
    let program = std::env::var_os(CARGO_VARIABLE).unwrap_or_else(|| "cargo".into());
    let cargo = || {
        let mut command = Command::new(&program);
        command.current_dir(folder);
        if let Some(target) = target {
            command.env("CARGO_TARGET_DIR", target);
        }
        command
    };
    let built = cargo().args(["build", "--release", "--target", TARGET, "--package", name]).status();
    if !built.map_err(BuildError::Cargo)?.success() {
        return Err(BuildError::Failed);
    }
    // The target folder is where cargo says: the package may be one of a workspace.
    let metadata = cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]).output();
    let metadata: serde_json::Value = metadata
        .map_err(BuildError::Cargo)
        .and_then(|output| serde_json::from_slice(&output.stdout).map_err(|_| BuildError::Failed))?;
    let target = metadata.get("target_directory").and_then(serde_json::Value::as_str).unwrap_or("target");
    let module = format!("{}.wasm", name.replace('-', "_"));
    let path = Path::new(target).join(TARGET).join("release").join(module);
    std::fs::read(&path).map_err(|_| BuildError::NoModule(path))
}

/// Makes a component of the module, by what wit-bindgen wrote into it.
fn component(module: &[u8], manifest: &Manifest) -> Result<Vec<u8>, BuildError> {
    let world = manifest.world.name();
    let encoded = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| BuildError::NoComponent { world, reason: format!("{error:#}") })
}
