//! Debian's Chromium with a fake microphone and camera, driven by `tests/browser/driver/run.mjs`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::deadline::until_async;
use crate::puppet::Puppet;
use crate::rtp::tone;
use crate::{picture, wav};

/// What a fake device plays is this long, then again from its start; whole periods of any tone of whole hertz.
const SOUND_S: u32 = 4;
const RATE_HZ: u32 = 48_000;

/// One browser: everything spoken in its pages is the same tone.
pub struct Browser {
    puppet: Arc<Puppet>,
    // Holds sound, picture and the browser's own files.
    _folder: TempDir,
}

/// A page of it.
pub struct Page {
    puppet: Arc<Puppet>,
    name: String,
}

impl Browser {
    /// Starts one whose microphone hears this tone.
    pub async fn speaking(hz: f64) -> Browser {
        Browser::start(hz, None).await
    }

    /// Starts one whose camera also sees a picture that is hard to compress.
    pub async fn seen_speaking(hz: f64) -> Browser {
        Browser::start(hz, Some(picture::restless())).await
    }

    async fn start(hz: f64, picture: Option<Vec<u8>>) -> Browser {
        let folder = tempfile::tempdir().expect("a folder");
        let sound = folder.path().join("sound.wav");
        wav::write_mono(&sound, RATE_HZ, &tone::sine(hz, RATE_HZ, 0, (RATE_HZ * SOUND_S) as usize));
        let mut command = Command::new("node");
        command.arg(driver().join("run.mjs")).arg(sound).env("TMPDIR", folder.path());
        if let Some(picture) = picture {
            let path = folder.path().join("picture.y4m");
            std::fs::write(&path, picture).expect("picture.y4m");
            command.arg(path);
        }
        let puppet = Arc::new(Puppet::start("the browser", command));
        puppet.ask("version", json!({})).await;
        Browser { puppet, _folder: folder }
    }

    /// Opens a page at this address.
    pub async fn open(&self, name: &str, url: &str) -> Page {
        self.puppet.ask("open", json!({ "page": name, "url": url })).await;
        self.page(name)
    }

    /// Opens a page in a browser window of somebody else: with cookies of its own.
    pub async fn open_alone(&self, name: &str, url: &str) -> Page {
        self.puppet.ask("open", json!({ "page": name, "url": url, "alone": true })).await;
        self.page(name)
    }

    /// Opens a page with a JsSIP phone in it.
    pub async fn phone(&self, name: &str) -> Page {
        self.puppet.ask("phone", json!({ "page": name })).await;
        self.page(name)
    }

    fn page(&self, name: &str) -> Page {
        Page { puppet: Arc::clone(&self.puppet), name: name.to_owned() }
    }

    /// kill -9 of the browser with all its processes: no goodbye of any kind reaches the gateway.
    pub fn vanish(&self) {
        let driver = self.puppet.id().expect("a running browser");
        for process in descendants(driver).into_iter().rev().chain([driver]) {
            // One that is gone already is no fault.
            let _ = std::process::Command::new("kill").args(["-9", &process.to_string()]).status();
        }
    }
}

impl Page {
    /// A verb of `run.mjs` about this page.
    pub async fn ask(&self, verb: &str, parameters: Value) -> Value {
        self.puppet.ask(verb, self.about(parameters)).await
    }

    /// The same, where a refusal is what the test looks for.
    pub async fn try_ask(&self, verb: &str, parameters: Value) -> Result<Value, String> {
        self.puppet.try_ask(verb, self.about(parameters)).await
    }

    fn about(&self, mut parameters: Value) -> Value {
        parameters["page"] = json!(self.name);
        parameters
    }

    /// A verb of the JsSIP phone in `phone.js`.
    pub async fn phone(&self, method: &str, args: Value) -> Value {
        self.ask("call", json!({ "object": "phone", "method": method, "args": args })).await
    }

    /// The same, where a refusal is what the test looks for.
    pub async fn try_phone(&self, method: &str, args: Value) -> Result<Value, String> {
        self.try_ask("call", json!({ "object": "phone", "method": method, "args": args })).await
    }

    /// Waits for an event of the JsSIP phone, as `phone.js` names it; what came with it.
    pub async fn expect(&self, event: &str) -> Value {
        self.phone("expect", json!([event])).await
    }

    /// Waits until 200 ms of what the page gets from now on is this tone; the time in milliseconds since 1970.
    pub async fn hears(&self, hz: f64) -> f64 {
        self.ear("hears", json!([hz])).await.as_f64().unwrap_or_default()
    }

    /// Waits until 200 ms of what the page gets from now on hold each of the first tones and none of the others.
    pub async fn hears_all(&self, present: &[f64], absent: &[f64]) {
        self.ear("hearsAll", json!([present, absent])).await;
    }

    /// Waits until the page gets something else than this tone, or nothing.
    pub async fn hears_no(&self, hz: f64) {
        self.ear("hearsNo", json!([hz])).await;
    }

    /// Waits until the page has sounded this tone by itself: a ring, a chime.
    pub async fn sounded(&self, hz: f64) {
        self.ear("sounded", json!([hz])).await;
    }

    /// Sends what goes to UDP port `from` of the gateway to port `to` instead, from the page's next call or Seat on.
    pub async fn detour(&self, from: u16, to: u16) {
        self.ear("detour", json!([from, to])).await;
    }

    /// What `getStats` says of the page's newest peer connection.
    pub async fn stats(&self) -> Vec<Value> {
        self.ear("stats", json!([])).await.as_array().cloned().unwrap_or_default()
    }

    async fn ear(&self, method: &str, args: Value) -> Value {
        self.ask("call", json!({ "object": "ear", "method": method, "args": args })).await
    }

    pub async fn click(&self, selector: &str) {
        self.ask("click", json!({ "selector": selector })).await;
    }

    pub async fn fill(&self, selector: &str, text: &str) {
        self.ask("fill", json!({ "selector": selector, "text": text })).await;
    }

    /// Waits until an element that fits is visible and holds this text.
    pub async fn sees(&self, selector: &str, text: &str) {
        self.ask("see", json!({ "selector": selector, "text": text })).await;
    }

    /// Waits until no element that fits is visible.
    pub async fn sees_no(&self, selector: &str) {
        self.ask("see", json!({ "selector": selector, "text": null })).await;
    }

    /// Presses a key, as Playwright names it.
    pub async fn press(&self, key: &str) {
        self.ask("press", json!({ "key": key })).await;
    }

    /// What the first element that fits says.
    pub async fn text(&self, selector: &str) -> String {
        self.ask("text", json!({ "selector": selector })).await.as_str().unwrap_or_default().to_owned()
    }

    /// How many elements fit now.
    pub async fn count(&self, selector: &str) -> u64 {
        self.ask("count", json!({ "selector": selector })).await.as_u64().unwrap_or_default()
    }

    /// Waits until so many elements fit: what a page is told in two messages it may show in two steps.
    pub async fn counts(&self, selector: &str, wanted: u64) {
        until_async(&format!("{wanted} of {selector}"), async || {
            (self.count(selector).await == wanted).then_some(())
        })
        .await;
    }

    /// What stands in the first field that fits.
    pub async fn value(&self, selector: &str) -> String {
        self.ask("value", json!({ "selector": selector })).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the first field that fits holds just this.
    pub async fn holds(&self, selector: &str, text: &str) {
        until_async(&format!("{text:?} in {selector}"), async || {
            (self.value(selector).await == text).then_some(())
        })
        .await;
    }

    pub async fn reload(&self) {
        self.ask("reload", json!({})).await;
    }

    /// A picture of the page, kept when `RAMAL_SCREENSHOTS` names a folder.
    pub async fn screenshot(&self, name: &str) {
        if let Some(folder) = std::env::var_os("RAMAL_SCREENSHOTS") {
            let path = Path::new(&folder).join(format!("{name}.png"));
            self.ask("screenshot", json!({ "path": path })).await;
        }
    }
}

/// The folder of the driver and its pages.
pub fn driver() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/driver")
}

/// All processes below one, parents before children.
fn descendants(process: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut look = vec![process];
    while let Some(parent) = look.pop() {
        let path = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(path).unwrap_or_default();
        let children: Vec<u32> = children.split_whitespace().filter_map(|c| c.parse().ok()).collect();
        look.extend(&children);
        found.extend(children);
    }
    found
}
