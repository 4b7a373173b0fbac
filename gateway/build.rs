//! Puts the built console, `web-console/dist`, into the program. Without one the program is built all the same, and says at `/` what is missing.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const CONSOLE: &str = "../web-console";

fn main() -> io::Result<()> {
    let missing = |name| move |_| io::Error::other(format!("{name} is not set: run cargo"));
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(missing("CARGO_MANIFEST_DIR"))?);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(missing("OUT_DIR"))?);
    let dist = manifest.join(CONSOLE).join("dist");
    // A path that is not there would have this script run every time, so that its parent is watched until it is.
    let watched = if dist.is_dir() { format!("{CONSOLE}/dist") } else { CONSOLE.to_owned() };
    println!("cargo::rerun-if-changed={watched}");
    println!("cargo::rerun-if-changed=build.rs");
    let mut files = Vec::new();
    if dist.is_dir() {
        collect(&dist, &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&dist).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        let mut hasher = DefaultHasher::new();
        hasher.write(&fs::read(&file)?);
        let tag = hasher.finish();
        table.push_str(&format!(
            "    ({name:?}, \"\\\"{tag:016x}\\\"\", include_bytes!({:?})),\n",
            file.display()
        ));
    }
    table.push(']');
    fs::write(out.join("console_files.rs"), table)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
