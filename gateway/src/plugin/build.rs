//! From the folder of a plugin to its file.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

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
    #[error("cargo failed: what it said stands above")]
    Failed,
    #[error(
        "Rust has no way to WebAssembly on this machine: rustup target add {TARGET} \
         (or name a cargo that has one in {CARGO_VARIABLE})"
    )]
    NoTarget,
    #[error("Cargo.toml says version {cargo}, plugin.toml {manifest}: write the same into both")]
    OtherVersion { cargo: String, manifest: String },
    #[error("cargo knows no package `{0}` in this folder: name the package as the plugin")]
    NoPackage(String),
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
    let module = compile(folder, &manifest, target)?;
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

fn compile(folder: &Path, manifest: &Manifest, target: Option<&Path>) -> Result<Vec<u8>, BuildError> {
    let name = &manifest.name;
    let program = std::env::var_os(CARGO_VARIABLE).unwrap_or_else(|| "cargo".into());
    if !has_target(folder, Path::new(&program)) {
        return Err(BuildError::NoTarget);
    }
    let cargo = || {
        let mut command = Command::new(&program);
        command.current_dir(folder);
        if let Some(target) = target {
            command.env("CARGO_TARGET_DIR", target);
        }
        command
    };
    let metadata = cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]).output();
    let metadata = metadata.map_err(BuildError::Cargo)?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout).map_err(|_| {
        eprint!("{}", String::from_utf8_lossy(&metadata.stderr));
        BuildError::Failed
    })?;
    same_version(&metadata, manifest)?;
    let built = cargo().args(["build", "--release", "--target", TARGET, "--package", name]).status();
    if !built.map_err(BuildError::Cargo)?.success() {
        return Err(BuildError::Failed);
    }
    // The target folder is where cargo says: the package may be one of a workspace.
    let target = metadata.get("target_directory").and_then(Value::as_str).unwrap_or("target");
    let module = format!("{}.wasm", name.replace('-', "_"));
    let path = Path::new(target).join(TARGET).join("release").join(module);
    std::fs::read(&path).map_err(|_| BuildError::NoModule(path))
}

/// Whether the compiler beside this cargo has the standard library of the target; where it cannot be asked, cargo will tell.
fn has_target(folder: &Path, cargo: &Path) -> bool {
    // What the standard library is built with needs none that is there.
    let builds_it = std::env::var_os("CARGO_UNSTABLE_BUILD_STD").is_some();
    let rustc = std::env::var_os("RUSTC").map_or_else(|| cargo.with_file_name("rustc"), PathBuf::from);
    let asked = Command::new(rustc)
        .current_dir(folder)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    match asked {
        Ok(answer) if answer.status.success() && !builds_it => is_there(&answer.stdout),
        Ok(_) | Err(_) => true,
    }
}

/// Whether the folder is there that a compiler printed.
fn is_there(printed: &[u8]) -> bool {
    Path::new(String::from_utf8_lossy(printed).trim()).exists()
}

/// # Errors
/// The package is not there, or of another version than the manifest: an update could not be told from what it replaces.
fn same_version(metadata: &Value, manifest: &Manifest) -> Result<(), BuildError> {
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    let mut named = packages.filter(|one| one.get("name").and_then(Value::as_str) == Some(&manifest.name));
    let package = named.next().ok_or_else(|| BuildError::NoPackage(manifest.name.clone()))?;
    match package.get("version").and_then(Value::as_str) {
        Some(cargo) if cargo != manifest.version => {
            Err(BuildError::OtherVersion { cargo: cargo.to_owned(), manifest: manifest.version.clone() })
        }
        Some(_) | None => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_that_disagree_are_told() {
        let text = "name = \"night\"\nversion = \"1.2.0\"\nworld = \"rule\"\ntitle = \"Night\"\n";
        let manifest = Manifest::parse(text).unwrap();
        let of = |name: &str, version: &str| json!({ "packages": [{ "name": name, "version": version }] });
        assert!(same_version(&of("night", "1.2.0"), &manifest).is_ok());
        let other = same_version(&of("night", "1.1.0"), &manifest).unwrap_err().to_string();
        assert_eq!(other, "Cargo.toml says version 1.1.0, plugin.toml 1.2.0: write the same into both");
        assert!(matches!(same_version(&of("day", "1.2.0"), &manifest), Err(BuildError::NoPackage(_))));
    }

    #[test]
    fn a_compiler_without_the_target_is_told_before_cargo_runs() {
        let folder = std::env::temp_dir();
        assert!(is_there(format!("{}\n", folder.display()).as_bytes()));
        assert!(!is_there(b"/nowhere/lib\n"));
        assert!(BuildError::NoTarget.to_string().contains("rustup target add wasm32-unknown-unknown"));
    }
}
