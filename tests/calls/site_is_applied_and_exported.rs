//! What an administrator owns as a file: applied, compared, written back; no secret comes out.

use ramal_tests::{Node, Site};

#[tokio::test]
async fn applying_twice_changes_nothing_and_an_export_applies_again() {
    let node = Node::start(Site::acme()).await;
    let file = node.folder().join("exported.toml");
    let exported = node.run(&["export"]).await;
    assert!(!exported.contains(&ramal_tests::site::password("100")));
    std::fs::write(&file, &exported).unwrap();
    let difference = node.run(&["apply", &file.to_string_lossy(), "--dry-run"]).await;
    let changes = difference.lines().filter(|l| l.trim_start().starts_with(['+', '-', '~']));
    assert_eq!(changes.count(), 0, "{difference}");
}

#[tokio::test]
async fn a_dry_run_prints_the_difference_and_changes_nothing() {
    let node = Node::start(Site::acme()).await;
    let file = node.folder().join("more.toml");
    std::fs::write(&file, Site::acme().extension("199", "").toml()).unwrap();
    let difference = node.run(&["apply", &file.to_string_lossy(), "--dry-run"]).await;
    assert!(difference.lines().any(|l| l.trim_start().starts_with('+') && l.contains("199")), "{difference}");
    assert!(!node.run(&["export"]).await.contains("199"));
}

#[tokio::test]
async fn a_new_extension_registers_without_a_restart() {
    let node = Node::start(Site::acme()).await;
    node.apply(&Site::acme().extension("199", "")).await;
    let phone = node.unregistered("199").await;
    ramal_tests::deadline::until_async("the new extension", async || {
        (phone.register_for(3600).await.status() == Some(200)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_is_refused_with_file_and_line() {
    let node = Node::start(Site::acme()).await;
    let file = node.folder().join("wrong.toml");
    std::fs::write(&file, Site::acme().toml().replace("sip_domain", "sip_domian")).unwrap();
    let (good, _, fault) = node.try_run(&["apply", &file.to_string_lossy()]).await;
    assert!(!good);
    assert!(fault.contains("wrong.toml") && fault.contains("sip_domain"), "{fault}");
}
