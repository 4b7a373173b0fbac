use super::{diff, export, parse};
use crate::model::{Directory, OutboundSecret};
use crate::store::NodeKey;
use crate::store::testing::TestStore;

const EXAMPLE: &str = include_str!("../../../config/site.example.toml");
const SMALL: &str = "[[organization]]\nname = \"acme\"\nsip_domain = \"acme.example\"\n\n[[organization.extension]]\nnumber = \"1001\"\npassword = \"correct horse\"\n";

fn key(test: &TestStore) -> NodeKey {
    NodeKey::load_or_create(&test.folder.join("node.key")).unwrap()
}

/// Applies a text and gives back the difference that was printed.
async fn apply(test: &TestStore, text: &str) -> Vec<String> {
    let current = test.store.load_directory().await.unwrap();
    let plan = parse("site.toml", text, &current, &key(test)).unwrap();
    let lines = diff(&current, &plan);
    test.store.apply(&plan).await.unwrap();
    lines
}

async fn fault(text: &str) -> String {
    let test = TestStore::new().await;
    let fault = parse("site.toml", text, &Directory::default(), &key(&test)).unwrap_err().to_string();
    test.remove().await;
    fault
}

#[tokio::test]
async fn apply_export_apply_changes_nothing() {
    let test = TestStore::new().await;
    assert!(!apply(&test, EXAMPLE).await.is_empty());
    let first = test.store.load_directory().await.unwrap();
    let exported = export(&first, super::Secrets::Kept);
    assert!(!exported.contains("change-me") && exported.contains("(kept)"));
    assert_eq!(apply(&test, &exported).await, Vec::<String>::new());
    assert_eq!(apply(&test, EXAMPLE).await, Vec::<String>::new());
    assert_eq!(test.store.revision().await.unwrap(), 1);
    test.remove().await;
}

#[tokio::test]
async fn a_difference_alone_changes_nothing() {
    let test = TestStore::new().await;
    let current = test.store.load_directory().await.unwrap();
    let plan = parse("site.toml", SMALL, &current, &key(&test)).unwrap();
    let lines = diff(&current, &plan);
    assert!(lines.iter().any(|line| line.starts_with("+ extension acme/1001")), "{lines:?}");
    assert!(!lines.concat().contains("correct horse"));
    assert_eq!(test.store.revision().await.unwrap(), 0);
    test.remove().await;
}

#[tokio::test]
async fn passwords_become_hashes_or_sealed_and_are_shown_nowhere() {
    let test = TestStore::new().await;
    apply(&test, EXAMPLE).await;
    let directory = test.store.load_directory().await.unwrap();
    let id = directory.organizations()[0].id;
    assert!(!format!("{directory:?}").contains("change-me"));
    let provider =
        directory.trunk_by_name(id, "provider-by-register").unwrap().credentials_out.clone().unwrap();
    let OutboundSecret::Sealed(sealed) = &provider.secret else { panic!("no realm is known") };
    assert_eq!(key(&test).open(&provider.username, sealed).unwrap(), "change-me-provider");
    let pbx = directory.trunk_by_name(id, "pbx-by-digest").unwrap().credentials_out.clone().unwrap();
    assert!(matches!(pbx.secret, OutboundSecret::Ha1 { .. }));
    assert_eq!(directory.extension(id, "1001").unwrap().ha1.md5.len(), 32);
    test.remove().await;
}

#[tokio::test]
async fn renames_keep_rows_and_deletions_show() {
    let test = TestStore::new().await;
    apply(&test, EXAMPLE).await;
    let before = test.store.load_directory().await.unwrap();
    let exported = export(&before, super::Secrets::Kept);
    let renamed = exported
        .replacen("name = \"acme\"", "name = \"acme-br\"\nformerly = \"acme\"", 1)
        .replace("name = \"pbx-by-digest\"", "name = \"pbx\"\nformerly = \"pbx-by-digest\"")
        .replace("trunk = \"pbx-by-digest\"", "trunk = \"pbx\"");
    let lines = apply(&test, &renamed).await;
    assert!(lines.iter().all(|line| line.starts_with('~')), "{lines:?}");
    let after = test.store.load_directory().await.unwrap();
    let id = after.organizations()[0].id;
    assert_eq!(id, before.organizations()[0].id);
    assert_eq!(
        after.trunk_by_name(id, "pbx").unwrap().id,
        before.trunk_by_name(id, "pbx-by-digest").unwrap().id
    );
    assert_eq!(apply(&test, &renamed).await, Vec::<String>::new());
    let text = parse("site.toml", "", &after, &key(&test)).unwrap_err().to_string();
    assert!(text.contains("delete_organizations = [\"acme-br\"]"), "{text}");
    let lines = apply(&test, "delete_organizations = [\"acme-br\"]\n").await;
    assert!(
        lines.contains(&"- organization acme-br".to_owned())
            && lines.contains(&"- extension acme-br/1002".to_owned()),
        "{lines:?}"
    );
    test.remove().await;
}

#[tokio::test]
async fn a_new_sip_domain_needs_the_passwords_again() {
    let test = TestStore::new().await;
    apply(&test, SMALL).await;
    let current = test.store.load_directory().await.unwrap();
    let moved = export(&current, super::Secrets::Kept).replace("acme.example", "acme.net");
    let text = parse("site.toml", &moved, &current, &key(&test)).unwrap_err().to_string();
    assert!(text.contains("must be given again"), "{text}");
    test.remove().await;
}

#[tokio::test]
async fn faults_name_file_line_and_what_would_be_right() {
    let cases = [
        (SMALL.replace("password", "pasword"), 7, "did you mean `password`?"),
        (SMALL.replace("1001", "10a1"), 6, "2 to 15 digits"),
        (SMALL.replace("correct horse", "1001"), 7, "shorter than 8"),
        (SMALL.replace("password = \"correct horse\"", ""), 5, "needs `password"),
        (SMALL.replace("correct horse", "(kept)"), 7, "is new and needs one"),
        (SMALL.replace("\"acme\"", "\"Acme Ltda\""), 2, "`acme-ltda`"),
        (format!("{SMALL}\n[[organization.rule]]\nprefix = \"0\"\ntrunk = \"x\"\n"), 11, "has no trunk `x`"),
        (
            format!("{SMALL}\n[[organization.rule]]\ndial = \"*43\"\nservice = \"ecko\"\n"),
            11,
            "did you mean `echo`?",
        ),
        (
            format!(
                "{SMALL}\n[[organization.trunk]]\nname = \"t\"\nhost = \"h\"\nsources = [\"0.0.0.0/0\"]\n"
            ),
            12,
            "lets the world call",
        ),
    ];
    for (text, line, right) in cases {
        let fault = fault(&text).await;
        assert!(
            fault.starts_with(&format!("site.toml:{line}:")) && fault.contains(right),
            "{line}, {right}: {fault}"
        );
    }
}
