//! A plugin that loops, eats memory, traps or floods harms nobody, and the host names it.

use std::sync::Arc;
use std::time::Duration;

use crate::plugin::limits::{DEFAULT_MEMORY_MIB, TimeLimit};
use crate::plugin::testing::{TestHost, placement, webhook};
use crate::plugin::wit::inbound::Refusal;
use crate::plugin::{CallError, Fault, Placement, Plugin};

/// What the reply to a deed says.
async fn said(plugin: &Arc<Plugin>, placement: &Arc<Placement>, deed: &str) -> Result<String, CallError> {
    let delivered = plugin.receive(placement, webhook(deed)).await?.unwrap();
    Ok(String::from_utf8(delivered.reply.body).unwrap())
}

async fn fault(plugin: &Arc<Plugin>, placement: &Arc<Placement>, deed: &str) -> Fault {
    match said(plugin, placement, deed).await {
        Err(CallError::Failed(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_misdeed_is_stopped_and_named() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    assert!(is_too_long(&fault(&plugin, &placement(1, "inbox:1"), "loop").await));
    assert_eq!(fault(&plugin, &placement(1, "inbox:2"), "eat").await, Fault::OutOfMemory(DEFAULT_MEMORY_MIB));
    let trap = fault(&plugin, &placement(1, "inbox:3"), "trap").await;
    assert!(
        matches!(&trap, Fault::Trap(reason) if reason.starts_with("panicked at ") && reason.contains("src/lib.rs:")),
        "{trap:?}"
    );
    assert!(!trap.to_string().contains("as was asked"), "what a plugin says stays in its log: {trap}");
    assert_eq!(fault(&plugin, &placement(1, "inbox:4"), "events").await, Fault::TooMuch(2_000));
    let status = &test.host.plugins()[0];
    assert_eq!((status.name.as_str(), status.faults), ("wicked", 4));
    assert_eq!(status.last_fault.as_ref().unwrap().owner, "inbox:4");
    test.remove().await;
}

/// A loop ends by its own time, or, where the machine gives it little of that, by the clock on the wall.
fn is_too_long(fault: &Fault) -> bool {
    let limit = TimeLimit::PROMPT;
    *fault == Fault::OutOfTime(limit.computing) || *fault == Fault::TooSlow(limit.whole)
}

#[tokio::test]
async fn others_are_served_while_one_loops() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    let looping: Vec<_> = (0..4)
        .map(|_| {
            let plugin = Arc::clone(&plugin);
            tokio::spawn(async move { said(&plugin, &placement(1, "inbox:1"), "loop").await })
        })
        .collect();
    // Another Organization asks meanwhile, again and again, until the loops have ended.
    let mut served = 0;
    while !looping.iter().all(tokio::task::JoinHandle::is_finished) {
        assert_eq!(said(&plugin, &placement(2, "inbox:1"), "echo hi").await.unwrap(), "hi");
        served += 1;
    }
    assert!(served > 0);
    for outcome in looping {
        assert!(matches!(outcome.await.unwrap(), Err(CallError::Failed(fault)) if is_too_long(&fault)));
    }
    test.remove().await;
}

#[tokio::test]
async fn after_a_fault_its_own_lane_rests_and_no_other() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    let ours = placement(1, "inbox:1");
    // The rest grows with each fault until it is longer than the way from one call to the next.
    loop {
        match said(&plugin, &ours, "trap").await {
            Err(CallError::Failed(_)) => {}
            Err(CallError::Resting(rest)) => break assert!(rest > Duration::ZERO),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(said(&plugin, &placement(1, "inbox:2"), "echo hi").await.unwrap(), "hi");
    assert_eq!(said(&plugin, &placement(2, "inbox:1"), "echo hi").await.unwrap(), "hi");
    test.remove().await;
}

#[tokio::test]
async fn a_flood_of_log_lines_costs_the_lines_only() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    assert_eq!(said(&plugin, &placement(1, "inbox:1"), "flood").await.unwrap(), "");
    assert_eq!(test.host.plugins()[0].faults, 0);
    test.remove().await;
}

#[tokio::test]
async fn nothing_of_one_call_is_seen_by_the_next() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    for organization in [1, 2, 1] {
        let placement = placement(organization, "inbox:1");
        assert_eq!(said(&plugin, &placement, "count").await.unwrap(), "1");
        assert_eq!(
            said(&plugin, &placement, "secret token").await.unwrap(),
            format!("secret of {organization}")
        );
    }
    said(&plugin, &placement(1, "inbox:1"), "remember ours").await.unwrap();
    assert_eq!(said(&plugin, &placement(1, "inbox:1"), "recall").await.unwrap(), "ours");
    for other in [placement(2, "inbox:1"), placement(1, "inbox:2")] {
        assert_eq!(said(&plugin, &other, "recall").await.unwrap(), "");
    }
    test.remove().await;
}

#[tokio::test]
async fn a_refusal_is_no_fault() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    for _ in 0..10 {
        let refused = plugin.receive(&placement(1, "inbox:1"), webhook("nonsense")).await.unwrap();
        assert_eq!(refused.unwrap_err(), Refusal::Malformed("nonsense".to_owned()));
    }
    assert_eq!(test.host.plugins()[0].faults, 0);
    test.remove().await;
}

#[tokio::test]
async fn more_calls_than_may_wait_are_refused_at_once() {
    let test = TestHost::wicked().await;
    let plugin = test.plugin("wicked");
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let plugin = Arc::clone(&plugin);
            tokio::spawn(async move { said(&plugin, &placement(1, "inbox:1"), "loop").await })
        })
        .collect();
    let mut busy = 0;
    for call in calls {
        match call.await.unwrap() {
            Err(CallError::Busy | CallError::Resting(_)) => busy += 1,
            Err(CallError::Failed(fault)) if is_too_long(&fault) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(busy >= 100, "{busy}");
    assert_eq!(said(&plugin, &placement(2, "inbox:1"), "echo hi").await.unwrap(), "hi");
    test.remove().await;
}
