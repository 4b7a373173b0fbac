//! Plugins come, change and go while the node runs.

use crate::plugin::library::{Installed, LibraryError};
use crate::plugin::testing::{TestHost, built, local, placement, webhook};
use crate::plugin::wit::interaction::Occasion;
use crate::plugin::{CallError, Grants, PluginFile};

fn retitled(file: &PluginFile, version: &str) -> PluginFile {
    let mut file = file.clone();
    // Same length, so that the sections stay as they are.
    let at = file.bytes.windows(17).rposition(|bytes| bytes == b"version = \"1.0.0\"").unwrap();
    file.bytes[at..at + 17].copy_from_slice(format!("version = \"{version}\"").as_bytes());
    PluginFile::read(file.bytes).unwrap()
}

#[tokio::test]
async fn a_new_version_takes_over_and_a_broken_one_does_not() {
    let test = TestHost::wicked().await;
    let first = test.plugin("wicked");
    let file = first.file_for_tests();
    let install = |file: PluginFile| {
        let grants = local(&file);
        test.library.install(&Installed { file, grants }).unwrap();
    };
    install(retitled(&file, "2.0.0"));
    test.host.reload().await;
    assert_eq!(test.plugin("wicked").manifest().version, "2.0.0");
    // Who holds the old version may end with it.
    assert!(first.receive(&placement(1, "inbox:1"), webhook("echo x")).await.is_ok());
    let broken = retitled(&file, "3.0.0");
    std::fs::write(test.store.folder.join("plugins/wicked.wasm"), &broken.bytes[..broken.bytes.len() / 2])
        .unwrap();
    test.host.reload().await;
    let status = &test.host.plugins()[0];
    assert_eq!(status.manifest.as_ref().unwrap().version, "2.0.0");
    assert_eq!(status.broken.as_ref().unwrap().code, Some("damaged"));
    test.library.remove("wicked").unwrap();
    test.host.reload().await;
    assert!(test.host.plugin("wicked").is_none() && test.host.plugins().is_empty());
    assert!(matches!(test.library.remove("wicked"), Err(LibraryError::NotThere(_))));
    test.remove().await;
}

#[tokio::test]
async fn machine_code_is_kept_and_what_is_no_longer_needed_deleted() {
    let test = TestHost::wicked().await;
    let kept = || std::fs::read_dir(test.cache()).unwrap().count();
    assert_eq!(kept(), 1);
    let file = retitled(&test.plugin("wicked").file_for_tests(), "2.0.0");
    test.library.install(&Installed { grants: Grants::default(), file }).unwrap();
    test.host.reload().await;
    assert_eq!(kept(), 1);
    test.remove().await;
}

#[tokio::test]
async fn damaged_machine_code_is_made_again() {
    let file = built("gateway/testdata/wicked");
    let test = TestHost::with(vec![(file.clone(), local(&file))]).await;
    let code = std::fs::read_dir(test.cache()).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&code, b"no machine code").unwrap();
    let engine = crate::plugin::engine::PluginEngine::start(test.cache(), None).unwrap();
    engine.prepare(&file).unwrap();
    assert!(std::fs::metadata(code).unwrap().len() > 1_000);
    test.remove().await;
}

#[tokio::test]
async fn a_channel_is_no_rule() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    let occasion = Occasion::Due(super::business_hours::interaction());
    let outcome = plugin.decide(&placement(1, "rule:1"), occasion).await;
    assert_eq!(outcome, Err(CallError::NotThere));
    test.remove().await;
}
