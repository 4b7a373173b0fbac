//! A channel that loops, traps and eats memory: the administrator reads which one it is, and agents go on.

use ramal_tests::deadline::until_async;
use ramal_tests::wicked;
use serde_json::json;

use crate::office::{Office, log_in};

#[tokio::test]
async fn f236_a_channel_that_misbehaves_is_named_and_another_goes_on() {
    let office = Office::open().await;
    let ana = office.hire("Ana", "100").await;
    let queue = office.chat_queue(&[&ana], json!({})).await;
    let key = office.website(queue).await;
    let inbox = wicked::inbox(&office.node, &office.admin).await;
    let ana = office.seat(ana).await;
    ana.join("chat").await;
    let chief = office.browser.open_alone("chief", &format!("http://{}/", office.node.web)).await;
    log_in(&chief, office.admin.me["email"].as_str().expect("an e-mail")).await;
    let place = |path: &str| json!({ "url": format!("http://{}/#/admin/{path}", office.node.web) });
    chief.ask("go", place("plugins")).await;
    chief.sees("tr:has-text(\"wicked\")", "Pronto").await;
    for (number, deed) in ["loop", "trap", "eat"].into_iter().enumerate() {
        let name = ["Marina", "Nina", "Olga"][number];
        let (status, _visitor) =
            tokio::join!(wicked::does(&office.node, &inbox, deed), office.visitor(&key, name, "Oi"));
        assert_eq!(status, 503, "{deed}");
        ana.page.sees(".offer", name).await;
        ana.accept().await;
        ana.page.sees(".bubble.in", "Oi").await;
        // The screen hears of it by itself.
        chief.sees(&format!("tr:has-text(\"wicked\") >> text=\"{}\"", number + 1), "").await;
        wicked::rested(&office.node, &inbox).await;
    }
    chief.click("tr:has-text(\"wicked\")").await;
    chief.sees("dialog .fault-text", "quis mais de 64 MiB de memória").await;
    chief.screenshot("admin_plugin_fault").await;
    chief.press("Escape").await;
    // A file that was cut off on its way says so in the reader's language.
    let folder = office.node.folder().join("plugins");
    std::fs::write(folder.join("cut.wasm"), b"\0asm\x0d\0\x01\0\0\x7f").expect("a file");
    until_async("the file", async || {
        let all = office.admin.read("/plugins").await["items"].clone();
        all.as_array()?.iter().any(|one| one["name"] == "cut").then_some(())
    })
    .await;
    chief.reload().await;
    chief.click("tr:has-text(\"cut\"):has-text(\"Com falha\")").await;
    chief.sees("dialog .fault-text", "O arquivo está cortado ou danificado").await;
    chief.press("Escape").await;
    assert_eq!(wicked::does(&office.node, &inbox, "trap").await, 503);
    chief.ask("go", place(&format!("inboxes/{}", inbox["id"]))).await;
    // A rule or an inbox says it in the reader's language too; what the plugin said stays as it is.
    chief.sees(".fault-text", "O plugin parou no meio.").await;
}
