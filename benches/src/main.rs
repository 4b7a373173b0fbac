//! `make bench`: what Ramal costs, beside what the same work costs others and beside the least it can cost.
//!
//! `ramal-benches [NAME…]` runs all benches or those named. The two `host-…` roles are this program started by itself:
//! what is measured runs in a process of its own, so that its CPU can be read.

mod error;
mod frame;
mod mixer;
mod process;
mod recording;
mod relay;
mod report;
mod sip_calls;
mod sip_parse;
mod transcode;
mod webrtc;

use std::process::ExitCode;

use error::{BenchError, Outcome};
use frame::{Bench, Options};

/// All benches, in the order of the table. A further one is a line here and a file beside the others.
const BENCHES: &[Bench] = &[
    relay::BENCH,
    sip_parse::BENCH,
    sip_calls::BENCH,
    transcode::BENCH,
    mixer::BENCH,
    webrtc::BENCH,
    recording::BENCH,
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((role, rest)) if role == relay::OURS_ROLE => relay::ours::host(rest),
        Some((role, rest)) if role == relay::FLOOR_ROLE => relay::floor::host(rest),
        _ => run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(names: &[String]) -> Outcome<()> {
    let wanted = select(names)?;
    process::raise_file_limit();
    let options = Options::from_environment()?;
    let mut figures = Vec::new();
    for bench in wanted {
        eprintln!("== {}: {}", bench.name, bench.about);
        let found = (bench.run)(&options)?;
        report::write_json(&options.folder, bench.name, &found)?;
        figures.extend(found.into_iter().map(|figure| (bench.name, figure)));
    }
    print!("{}", report::table(&figures));
    Ok(())
}

fn select(names: &[String]) -> Outcome<Vec<&'static Bench>> {
    if names.is_empty() {
        return Ok(BENCHES.iter().collect());
    }
    let find = |name: &String| {
        let known: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
        let found = BENCHES.iter().find(|bench| bench.name == name);
        found.ok_or_else(|| BenchError::usage(format!("no bench `{name}`; there are: {}", known.join(", "))))
    };
    names.iter().map(find).collect()
}
