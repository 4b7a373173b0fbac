//! Figures that stories measure on their way: written down, never asserted on, for the machine may be busy.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::office::Agent;

/// What an agent may wait at most between the decision to offer him something and its picture, in milliseconds.
const WANTED_MS: i64 = 100;

/// Writes down how long each offer took from the floor's decision to the frame that shows it. `offered` are the events of that
/// kind; the pages of these agents watched `data-offer` from the beginning.
pub async fn offers_to_screen(story: &str, offered: &[Value], agents: &[&Agent]) {
    let mut took = Vec::new();
    for agent in agents {
        let seen = agent.page.ask("watched", json!({})).await;
        let mut seen: Vec<i64> =
            seen.as_object().into_iter().flatten().filter_map(|(_, at)| at.as_i64()).collect();
        let mut made: Vec<i64> = offered
            .iter()
            .filter(|one| one["user"]["id"] == agent.desk.id())
            .filter_map(|one| one["at_ms"].as_i64())
            .collect();
        seen.sort_unstable();
        made.sort_unstable();
        assert_eq!(seen.len(), made.len(), "each offer was on the screen once: {made:?} {seen:?}");
        took.extend(made.iter().zip(&seen).map(|(made, seen)| seen - made));
    }
    took.sort_unstable();
    let median = took.get(took.len() / 2);
    write(story, &json!({ "offer_to_screen_ms": { "all": took, "median": median, "wanted": WANTED_MS } }));
}

/// Puts figures into `target/figures`, a file for each story and database.
fn write(story: &str, figures: &Value) {
    let database = std::env::var("RAMAL_TEST_DATABASE").unwrap_or_else(|_| "sqlite".to_owned());
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("a folder for figures");
    let path = folder.join(format!("{story}-{database}.json"));
    std::fs::write(&path, format!("{figures:#}\n")).expect("figures");
    println!("{}: {figures}", path.display());
}

/// `target/figures`, wherever cargo builds into.
fn folder() -> PathBuf {
    let program = std::env::current_exe().expect("our own path");
    program.ancestors().nth(3).expect("the target folder").join("figures")
}
