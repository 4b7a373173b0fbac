//! What a browser has to fetch, as the node sends it.

use ramal_tests::page::http;
use serde_json::{Value, json};

use crate::office::Office;

const CONSOLE_OCTETS: u64 = 120 * 1024;
const WIDGET_OCTETS: u64 = 25 * 1024;

#[tokio::test]
async fn the_first_load_of_the_console_and_the_widget_are_small() {
    let office = Office::open().await;
    let ana = office.seat(office.hire("Ana", "100").await).await;
    ana.page.sees(".list", "Atendimento").await;
    let scripts = ana.page.ask("scripts", json!({})).await;
    let octets = |one: &Value| one["octets"].as_u64().unwrap_or_default();
    let all: Vec<u64> = scripts.as_array().expect("scripts").iter().map(octets).collect();
    let sum: u64 = all.iter().sum();
    assert!(!all.is_empty() && all.iter().all(|&one| one > 0), "{scripts:#}");
    assert!(sum <= CONSOLE_OCTETS, "{sum} octets: {scripts:#}");
    let asked = [("Accept-Encoding", "gzip")];
    let widget = http::request(office.node.web, "GET", "/widget.js", &asked, b"").await;
    assert_eq!((widget.status, widget.header("Content-Encoding").as_str()), (200, "gzip"));
    assert!(widget.bytes().len() as u64 <= WIDGET_OCTETS, "{} octets", widget.bytes().len());
}
