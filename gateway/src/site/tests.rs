use super::{Change, ChangeError, change, diff, export, parse};
use crate::config::fault::Cause;
use crate::model::{DialRule, DialRuleId, DialRuleKind, Directory, OutboundSecret, Service};
use crate::store::testing::TestStore;
use crate::store::{NodeKey, SitePlan};

const EXAMPLE: &str = include_str!("../../../config/site.example.toml");
const SMALL: &str = "[[organization]]\nname = \"acme\"\nsip_domain = \"acme.example\"\n\n[[organization.extension]]\nnumber = \"1001\"\npassword = \"correct horse\"\n";

fn key(test: &TestStore) -> NodeKey {
    NodeKey::load_or_create(&test.folder.join("node.key")).unwrap()
}

/// Applies a text and gives back the difference that was printed.
async fn apply(test: &TestStore, text: &str) -> Vec<String> {
    let current = test.store.load_directory().await.unwrap();
    let (plan, _) = parse("site.toml", text, &current, &key(test)).unwrap();
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
    let (plan, _) = parse("site.toml", SMALL, &current, &key(&test)).unwrap();
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

/// As a database has it that was filled before such rules were refused.
#[tokio::test]
async fn rules_that_no_call_reaches_block_nothing_but_more_of_them() {
    let test = TestStore::new().await;
    apply(&test, SMALL).await;
    let mut plan = SitePlan::unchanged(&test.store.load_directory().await.unwrap());
    let organization = plan.organizations[0].id;
    for (position, number) in (0_u32..).zip(["*43", "*43", "1001"]) {
        let kind = DialRuleKind::Service { number: number.to_owned(), service: Service::Echo };
        plan.rules.push(DialRule { id: DialRuleId(0), organization, position, kind });
    }
    test.store.apply(&plan).await.unwrap();
    let current = test.store.load_directory().await.unwrap();
    let exported = export(&current, super::Secrets::Kept);
    let (plan, warnings) = parse("site.toml", &exported, &current, &key(&test)).unwrap();
    assert_eq!(diff(&current, &plan), Vec::<String>::new());
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert!(warnings[0].contains("stands in rule 1 already") && warnings.len() == 2, "{warnings:?}");
    let more = format!("{exported}\n[[organization.rule]]\ndial = \"*43\"\nservice = \"busy\"\n");
    let fault = parse("site.toml", &more, &current, &key(&test)).unwrap_err().to_string();
    assert!(fault.contains("stands in rule 1 already"), "{fault}");
    let put = |more: &str, at: usize| {
        let mut rules = super::rules(&current, organization);
        let more: serde_json::Value = serde_json::from_str(more).unwrap();
        rules.insert(at, more.as_object().unwrap().clone());
        change(&current, organization, Change::Rules(rules), &key(&test))
    };
    put(r#"{ "dial": "*44", "service": "echo" }"#, 3).unwrap();
    let Err(ChangeError::Wrong(wrong)) = put(r#"{ "dial": "*43", "service": "tone" }"#, 0) else {
        panic!("a third one")
    };
    assert_eq!(wrong.path, ["rule".into(), 0.into(), "dial".into()]);
    assert_eq!(wrong.cause, Some(Cause::RuleTwice { given: "*43".to_owned(), rule: 3 }));
    test.remove().await;
}

#[tokio::test]
async fn a_rule_for_a_queue_of_a_new_organization_waits_for_the_queue() {
    let test = TestStore::new().await;
    let rule = |number: &str, to: &str| format!("\n[[organization.rule]]\ndial = \"{number}\"\n{to}\n");
    let text = format!("{SMALL}{}{}", rule("*1", "queue = \"sales\""), rule("*43", "service = \"echo\""));
    let current = test.store.load_directory().await.unwrap();
    let (plan, warnings) = parse("site.toml", &text, &current, &key(&test)).unwrap();
    assert_eq!(plan.rules.len(), 1);
    let warning = warnings[0].to_string();
    assert!(warning.starts_with("site.toml:11:") && warning.contains("`sales`"), "{warning}");
    test.store.apply(&plan).await.unwrap();
    let current = test.store.load_directory().await.unwrap();
    let fault = parse("site.toml", &text, &current, &key(&test)).unwrap_err().to_string();
    assert!(fault.contains("has no queue `sales`"), "{fault}");
    test.remove().await;
}
