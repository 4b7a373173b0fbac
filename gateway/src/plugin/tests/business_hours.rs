//! The rule that ships, through the host.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::plugin::testing::{TestHost, built, placement};
use crate::plugin::wit::interaction::{Action, Interaction, Medium, Occasion};
use crate::plugin::{Grants, Placement};

pub fn interaction() -> Interaction {
    Interaction {
        id: "1".to_owned(),
        protocol_number: "20261121-1".to_owned(),
        medium: Medium::Call,
        channel: "voice".to_owned(),
        inbox: None,
        dialled: Some("08001234567".to_owned()),
        person: None,
        queue: None,
        started_at: 0,
        tags: Vec::new(),
        attributes: Vec::new(),
    }
}

fn rule(settings: &[(&str, &str)]) -> Arc<Placement> {
    let settings: BTreeMap<String, String> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Arc::new(Placement { settings, ..(*placement(1, "rule:1")).clone() })
}

#[tokio::test]
async fn open_closed_and_wrong_settings() {
    let file = built("plugins/business-hours");
    let grants = Grants::all_of(&file.manifest);
    let test = TestHost::with(vec![(file, grants)]).await;
    let plugin = test.plugin("business-hours");
    let decided = |settings: Arc<Placement>| {
        let plugin = Arc::clone(&plugin);
        async move { plugin.decide(&settings, Occasion::Arrived(interaction())).await.unwrap() }
    };
    let open = rule(&[("time_zone", "America/Sao_Paulo"), ("hours", "mon-sun 00:00-24:00")]);
    assert_eq!(decided(open).await, Ok(Vec::new()));
    let closed =
        rule(&[("time_zone", "Asia/Tokyo"), ("hours", ""), ("message", "Fechado"), ("queue", "mail")]);
    assert_eq!(
        decided(closed).await,
        Ok(vec![
            Action::Tag("outside-hours".to_owned()),
            Action::Say("Fechado".to_owned()),
            Action::ToQueue("mail".to_owned())
        ])
    );
    let wrong = rule(&[("time_zone", "America/Sao_Paulo"), ("hours", "always")]);
    assert!(decided(wrong).await.unwrap_err().contains("`always`"));
    assert!(decided(rule(&[("time_zone", "Mars/Base")])).await.unwrap_err().contains("zone"));
    test.remove().await;
}
