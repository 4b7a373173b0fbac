//! Sounds that an agent plays into his call, and makes in it.

use ramal_tests::deadline::until_async;
use ramal_tests::rtp::tone;
use ramal_tests::wav;
use serde_json::json;

use crate::calls::{CALLER_HZ, caller, served};
use crate::office::{AGENT_HZ, Office};

const CLIP_HZ: f64 = 1250.0;

/// A file of a tone.
fn file(folder: &tempfile::TempDir, seconds: usize) -> std::path::PathBuf {
    let path = folder.path().join("Aviso de gravação.wav");
    wav::write_mono(&path, 16_000, &tone::sine(CLIP_HZ, 16_000, 0, 16_000 * seconds));
    path
}

async fn upload(office: &Office, title: &str, path: &std::path::Path) -> serde_json::Value {
    let bytes = std::fs::read(path).expect("readable");
    let place = format!("/api/v1/sound-clips?title={title}");
    let answer = office.admin.send_bytes("POST", &place, "audio/wav", &bytes).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn f172_f173_f174_clips_are_listed_played_to_whom_one_means_and_end_the_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open().await;
    // Long enough that what the page says of it is seen, also by a busy browser.
    upload(&office, "Aviso", &file(&folder, 9)).await;
    let old = upload(&office, "Antigo", &file(&folder, 1)).await["id"].clone();
    let archived = office.admin.patch(&format!("/sound-clips/{old}"), json!({ "archived": true })).await;
    assert_eq!(archived.status, 200, "{}", archived.text());
    let long = upload(&office, "Longo", &file(&folder, 60)).await;
    assert_eq!(long["seconds"], 60.0);
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    tokio::join!(page.hears(CALLER_HZ), caller.rtp.hears(AGENT_HZ));
    // F172
    page.sees("#tool-clips", "Aviso").await;
    page.counts("#tool-clips [data-clip]", 2).await;
    // F173: the customer hears it, and then the agent again.
    page.click("role=button[name=\"Reproduzir para o cliente: Aviso\"]").await;
    tokio::join!(caller.rtp.hears(CLIP_HZ), page.hears(CALLER_HZ), page.sees("[data-clip=Aviso]", "Tocando"));
    caller.rtp.hears(AGENT_HZ).await;
    page.sees_no("[data-clip=Aviso].playing").await;
    page.click("role=button[name=\"Reproduzir para todos: Longo\"]").await;
    tokio::join!(caller.rtp.hears(CLIP_HZ), page.hears(CLIP_HZ));
    page.click("[data-clip=Longo] >> role=button[name=\"Parar\"]").await;
    tokio::join!(caller.rtp.hears(AGENT_HZ), page.hears(CALLER_HZ));
    // F174
    page.click("role=button[name=\"Reproduzir e desligar: Aviso\"]").await;
    caller.rtp.hears(CLIP_HZ).await;
    caller.call.expect_bye().await;
    page.sees(".call[data-state=ended]", "").await;
    page.sees_no("#tool-clips").await;
}

#[tokio::test]
async fn f175_a_clip_is_recorded_in_the_call_and_another_inserted() {
    let folder = tempfile::tempdir().expect("a folder");
    let office = Office::open().await;
    let ana = served(&office, json!({})).await;
    let page = &ana.page;
    let caller = caller(&office, "101").await;
    ana.accept().await;
    caller.rtp.hears(AGENT_HZ).await;
    page.click("#tool-clips >> role=button[name=\"Gravar clipe\"]").await;
    // Nobody hears how it is made.
    caller.rtp.hears_no(AGENT_HZ).await;
    until_async("a second of it", || async {
        (page.text("#tool-clips time").await.trim() != "00:00").then_some(())
    })
    .await;
    page.click("#tool-clips >> role=button[name=\"Concluir\"]").await;
    page.fill("#tool-clips input", "Recado").await;
    page.click("#tool-clips >> role=button[name=\"Guardar\"]").await;
    page.sees("[data-clip=Recado]", "Recado").await;
    caller.rtp.hears(AGENT_HZ).await;
    // What was spoken is in it: muted, the agent is heard all the same.
    page.press("m").await;
    caller.rtp.hears_no(AGENT_HZ).await;
    tokio::join!(
        page.click("role=button[name=\"Reproduzir para o cliente: Recado\"]"),
        caller.rtp.hears(AGENT_HZ)
    );
    page.sees_no("[data-clip=Recado].playing").await;
    // What is no sound is refused, and another file may be chosen in its place.
    let broken = folder.path().join("quebrado.wav");
    std::fs::write(&broken, "no sound").expect("a file");
    page.ask("upload", json!({ "selector": "#tool-clips input[type=file]", "path": broken })).await;
    page.click("#tool-clips >> role=button[name=\"Guardar\"]").await;
    page.sees("#tool-clips >> role=button[name=\"Escolher outro arquivo\"]", "").await;
    let path = file(&folder, 2);
    page.ask("upload", json!({ "selector": "#tool-clips input[type=file]", "path": path })).await;
    page.click("#tool-clips >> role=button[name=\"Guardar\"]").await;
    page.click("role=button[name=\"Reproduzir para o cliente: Aviso de gravação\"]").await;
    caller.rtp.hears(CLIP_HZ).await;
    let audit = office.admin.read("/audit?noun=sound_clip").await;
    assert!(audit["items"].as_array().is_some_and(|all| all.len() == 2), "{audit}");
}
