//! The same situations on SQLite and on PostgreSQL.
use std::time::{Duration, Instant};

use super::testing::{TestStore, call, ended, extension, organization, small_site};
use super::{Envelope, Fact, NODE_FAILURE, Scope, SitePlan, Store, StoreError, Writer, WriterOptions};
use crate::model::{
    Binding, BindingFlow, CallRecord, EventRow, ExtensionId, LegRecord, LegStatistics, OrganizationId, Party,
    RecordingRow, RecordingState, StreamStatistics, Transport,
};

fn options(test: &TestStore) -> WriterOptions {
    WriterOptions {
        deliver_timeout: Duration::from_millis(300),
        retry_min: Duration::from_millis(20),
        retry_max: Duration::from_millis(100),
        ..WriterOptions::new("n1", test.folder.join("spool"))
    }
}

fn envelope(id: &str, fact: Fact) -> Envelope {
    Envelope { id: id.to_owned(), fact }
}

fn began(record: &CallRecord) -> Fact {
    Fact::CallBegan(Box::new(record.clone()))
}

fn finished(record: &CallRecord) -> Fact {
    Fact::CallEnded(Box::new(record.clone()))
}

fn event(at_ms: i64, detail: &str) -> EventRow {
    EventRow { at_ms, organization: None, kind: "test".to_owned(), call: None, detail: detail.to_owned() }
}

fn leg(position: u16) -> LegRecord {
    let stream = StreamStatistics { packets: 500, lost: 3, jitter_ms: 1.5, mos: Some(4.3) };
    LegRecord {
        sip_call_id: format!("leg-{position}"),
        party: Party::Extension("1001".to_owned()),
        remote: Some("192.0.2.1:5060".parse().unwrap()),
        codec: Some("PCMA".to_owned()),
        srtp: None,
        statistics: Some(LegStatistics {
            received: stream,
            sent: stream,
            round_trip_ms: Some(20.0),
            wrong_source_packets: 3,
            unauthentic_packets: 5,
            one_way: true,
        }),
    }
}

fn binding(organization: i64, extension: i64, uri: &str) -> Binding {
    Binding {
        organization: OrganizationId(organization),
        extension: ExtensionId(extension),
        uri: uri.to_owned(),
        flow: BindingFlow {
            transport: Transport::Tcp,
            local: "127.0.0.1:5060".parse().unwrap(),
            remote: "[2001:db8::1]:40000".parse().unwrap(),
            connection: Some(u64::MAX),
        },
        call_id: "a@b".to_owned(),
        cseq: u32::MAX,
        expires_at_ms: 5_000,
        user_agent: Some("phone\0nul".to_owned()),
        instance: None,
        path: None,
    }
}

/// Ids of the organization and its only extension.
async fn applied(store: &Store, name: &str) -> (i64, i64) {
    store.apply(&small_site(name)).await.unwrap();
    let directory = store.load_directory().await.unwrap();
    let organization = directory.organizations()[0].id;
    (organization.0, directory.extension(organization, "1001").unwrap().id.0)
}

#[tokio::test]
async fn migrations_run_once_and_again_change_nothing() {
    let test = TestStore::without_tables().await;
    test.store.migrate().await.unwrap();
    test.store.migrate().await.unwrap();
    assert_eq!(test.store.revision().await.unwrap(), 0);
    test.remove().await;
}

#[tokio::test]
async fn a_plan_made_before_another_change_is_refused() {
    let test = TestStore::new().await;
    assert_eq!(test.store.apply(&small_site("acme")).await.unwrap(), 1);
    let error = test.store.apply(&small_site("acme")).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { expected: 0, found: 1 }));
    test.remove().await;
}

#[tokio::test]
async fn the_same_plan_again_changes_nothing() {
    let test = TestStore::new().await;
    test.store.apply(&small_site("acme")).await.unwrap();
    let directory = test.store.load_directory().await.unwrap();
    assert_eq!(test.store.apply(&SitePlan::unchanged(&directory)).await.unwrap(), 1);
    test.remove().await;
}

#[tokio::test]
async fn two_extensions_swap_their_numbers() {
    let test = TestStore::new().await;
    let mut plan = small_site("acme");
    plan.extensions.push(extension(-3, -1, "1002"));
    test.store.apply(&plan).await.unwrap();
    let before = test.store.load_directory().await.unwrap();
    let mut plan = SitePlan::unchanged(&before);
    for row in &mut plan.extensions {
        row.number = if row.number == "1001" { "1002".to_owned() } else { "1001".to_owned() };
    }
    test.store.apply(&plan).await.unwrap();
    let after = test.store.load_directory().await.unwrap();
    let id = before.organizations()[0].id;
    assert_eq!(after.extension(id, "1001").unwrap().id, before.extension(id, "1002").unwrap().id);
    test.remove().await;
}

#[tokio::test]
async fn a_deleted_organization_takes_its_extensions_but_leaves_its_calls() {
    let test = TestStore::new().await;
    let (organization, extension) = applied(&test.store, "acme").await;
    let mut record = ended(call(1, 10), 20, "normal");
    record.organization = Some(OrganizationId(organization));
    let facts = [
        envelope("a", finished(&record)),
        envelope("b", Fact::BindingSaved(Box::new(binding(organization, extension, "sip:a@b")))),
    ];
    test.store.deliver(&facts).await.unwrap();
    let mut plan = SitePlan::unchanged(&test.store.load_directory().await.unwrap());
    (plan.organizations, plan.extensions) = (Vec::new(), Vec::new());
    test.store.apply(&plan).await.unwrap();
    assert!(test.store.load_directory().await.unwrap().organizations().is_empty());
    assert!(test.store.load_bindings(0).await.unwrap().is_empty());
    assert_eq!(test.store.recent_calls(Scope::Node, 10).await.unwrap().len(), 1);
    test.remove().await;
}

#[tokio::test]
async fn an_organization_sees_its_own_rows_only() {
    let test = TestStore::new().await;
    let own = Scope::Organization(OrganizationId(1));
    let other = Scope::Organization(OrganizationId(2));
    let mut record = ended(call(1, 10), 20, "normal");
    record.organization = Some(OrganizationId(1));
    let recording = RecordingRow {
        call: record.id,
        organization: OrganizationId(1),
        path: "a.wav".to_owned(),
        part: 1,
        started_at_ms: 10,
        seconds: 1.5,
        state: RecordingState::Sealed,
        pauses: vec![(0.5, 1.0)],
        peaks: None,
    };
    let noted = EventRow { organization: Some(OrganizationId(1)), ..event(1, "own") };
    let facts = [
        envelope("a", finished(&record)),
        envelope("b", Fact::RecordingEnded(recording.clone())),
        envelope("c", Fact::Event(noted.clone())),
    ];
    test.store.deliver(&facts).await.unwrap();
    assert_eq!(test.store.call(own, record.id).await.unwrap(), Some(record.clone()));
    let newest = test.store.recent_recordings(own, 9).await.unwrap();
    assert_eq!(newest, std::slice::from_ref(&recording));
    assert_eq!(test.store.recent_events(own, 9).await.unwrap(), [noted]);
    assert_eq!(test.store.call(other, record.id).await.unwrap(), None);
    assert!(test.store.recent_calls(other, 9).await.unwrap().is_empty());
    assert!(test.store.recent_recordings(other, 9).await.unwrap().is_empty());
    let of_call = test.store.recordings_of_call(OrganizationId(1), record.id).await.unwrap();
    assert_eq!(of_call.into_iter().map(|kept| kept.row).collect::<Vec<_>>(), [recording]);
    assert!(test.store.recordings_of_call(OrganizationId(2), record.id).await.unwrap().is_empty());
    assert!(test.store.recent_events(other, 9).await.unwrap().is_empty());
    test.remove().await;
}

#[tokio::test]
async fn a_binding_cannot_be_saved_under_another_organization() {
    let test = TestStore::new().await;
    let mut plan = small_site("acme");
    plan.organizations.push(organization(-9, "other"));
    test.store.apply(&plan).await.unwrap();
    let directory = test.store.load_directory().await.unwrap();
    let [acme, other] = [0, 1].map(|index| directory.organizations()[index].id);
    let theirs = directory.extension(acme, "1001").unwrap().id;
    assert!(directory.extension(other, "1001").is_none());
    let facts = [envelope("a", Fact::BindingSaved(Box::new(binding(other.0, theirs.0, "sip:x@y"))))];
    test.store.deliver(&facts).await.unwrap();
    assert!(test.store.load_bindings(0).await.unwrap().is_empty());
    test.remove().await;
}

#[tokio::test]
async fn bindings_are_saved_replaced_removed_and_expire() {
    let test = TestStore::new().await;
    let (organization, extension) = applied(&test.store, "acme").await;
    let saved = binding(organization, extension, "sip:a@192.0.2.1");
    let renewed = Binding { expires_at_ms: 9_000, ..saved.clone() };
    let second = binding(organization, extension, "sip:b@192.0.2.2");
    for (id, fact) in [("a", &saved), ("b", &second), ("c", &renewed)] {
        test.store.deliver(&[envelope(id, Fact::BindingSaved(Box::new(fact.clone())))]).await.unwrap();
    }
    let expected = Binding { user_agent: Some("phonenul".to_owned()), ..renewed.clone() };
    assert_eq!(test.store.load_bindings(5_000).await.unwrap(), [expected]);
    assert_eq!(test.store.remove_expired_bindings(5_000).await.unwrap(), 1);
    let removed = Fact::BindingRemoved { extension: saved.extension, uri: saved.uri.clone() };
    test.store.deliver(&[envelope("d", removed)]).await.unwrap();
    assert!(test.store.load_bindings(0).await.unwrap().is_empty());
    test.remove().await;
}

#[tokio::test]
async fn facts_delivered_twice_and_out_of_turn_leave_one_row() {
    let test = TestStore::new().await;
    let mut record = ended(call(1, 10), 20, "normal");
    record.legs = vec![leg(0), leg(1)];
    let facts = [
        envelope("a", finished(&record)),
        envelope("b", Fact::Event(event(1, "once"))),
        envelope("c", finished(&record)),
    ];
    test.store.deliver(&facts).await.unwrap();
    test.store.deliver(&facts).await.unwrap();
    test.store.deliver(&[envelope("d", began(&call(1, 10)))]).await.unwrap();
    assert_eq!(test.store.recent_calls(Scope::Node, 9).await.unwrap(), [record]);
    assert_eq!(test.store.recent_events(Scope::Node, 9).await.unwrap().len(), 1);
    test.remove().await;
}

#[tokio::test]
async fn calls_that_a_crash_left_open_are_closed_at_start() {
    let test = TestStore::new().await;
    let foreign = CallRecord { node: "n2".to_owned(), ..call(3, 1_000) };
    let recording = RecordingRow {
        call: call(1, 1_000).id,
        organization: OrganizationId(1),
        path: "a.wav".to_owned(),
        part: 1,
        started_at_ms: 1_000,
        seconds: 0.0,
        state: RecordingState::Writing,
        pauses: Vec::new(),
        peaks: None,
    };
    let facts = [
        envelope("a", began(&call(1, 1_000))),
        envelope("b", began(&foreign)),
        envelope("c", Fact::RecordingBegan(recording)),
    ];
    test.store.deliver(&facts).await.unwrap();
    test.store.node_alive("n1", 7_000).await.unwrap();
    let writer = Writer::start(test.store.clone(), options(&test)).unwrap();
    let mine = call(2, i64::MAX / 2);
    writer.record(began(&mine));
    writer.settled().await;
    while test.store.unfinished_calls("n1").await.unwrap().len() > 1 {
        tokio::task::yield_now().await;
    }
    let closed = test.store.call(Scope::Node, call(1, 1_000).id).await.unwrap().unwrap();
    assert_eq!((closed.end_reason.as_str(), closed.ended_at_ms), (NODE_FAILURE, Some(7_000)));
    assert_eq!(test.store.unfinished_calls("n1").await.unwrap(), [mine]);
    assert_eq!(test.store.unfinished_calls("n2").await.unwrap(), [foreign]);
    let recordings = test.store.recent_recordings(Scope::Node, 9).await.unwrap();
    assert!(matches!(recordings[0].state, RecordingState::Failed(_)));
    writer.close().await;
    test.remove().await;
}

#[tokio::test]
async fn database_goes_away_and_comes_back() {
    let test = TestStore::new().await;
    let writer = Writer::start(test.store.clone(), options(&test)).unwrap();
    writer.record(began(&call(1, 10)));
    writer.settled().await;
    let outage = test.outage().await;
    writer.record(finished(&ended(call(1, 10), 20, "normal")));
    for number in 0..600 {
        writer.record(Fact::Event(event(number, "while away")));
    }
    while writer.counters().spooled < 601 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(writer.counters().failures > 0);
    outage.end().await;
    writer.settled().await;
    assert_eq!(test.store.recent_calls(Scope::Node, 9).await.unwrap(), [ended(call(1, 10), 20, "normal")]);
    let events = test.store.recent_events(Scope::Node, 1_000).await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.at_ms).collect::<Vec<_>>(),
        (0..600).rev().collect::<Vec<_>>()
    );
    assert_eq!(writer.counters().lost, 0);
    writer.close().await;
    test.remove().await;
}

#[tokio::test]
async fn a_binding_removed_while_the_database_is_away_stays_removed() {
    let test = TestStore::new().await;
    let (organization, extension) = applied(&test.store, "acme").await;
    let writer = Writer::start(test.store.clone(), options(&test)).unwrap();
    let outage = test.outage().await;
    for round in 0..300_u32 {
        let saved = Binding { cseq: round, ..binding(organization, extension, "sip:a@b") };
        let uri = saved.uri.clone();
        writer.record(Fact::BindingSaved(Box::new(saved)));
        writer.record(Fact::BindingRemoved { extension: ExtensionId(extension), uri });
    }
    writer.record(Fact::BindingSaved(Box::new(binding(organization, extension, "sip:c@d"))));
    outage.end().await;
    writer.settled().await;
    let left: Vec<_> =
        test.store.load_bindings(0).await.unwrap().into_iter().map(|binding| binding.uri).collect();
    assert_eq!(left, ["sip:c@d"]);
    writer.close().await;
    test.remove().await;
}

#[tokio::test]
async fn what_waits_on_disk_is_delivered_after_a_restart() {
    let test = TestStore::new().await;
    let outage = test.outage().await;
    let writer = Writer::start(test.store.clone(), options(&test)).unwrap();
    for number in 0..700 {
        writer.record(Fact::Event(event(number, "before the restart")));
    }
    writer.record(began(&call(1, 10)));
    writer.record(finished(&ended(call(1, 10), 20, "normal")));
    writer.close().await;
    writer.record(Fact::Event(event(700, "after the stop")));
    drop(writer);
    outage.end().await;
    let writer = Writer::start(test.store.clone(), options(&test)).unwrap();
    while writer.counters().delivered < 703 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let events = test.store.recent_events(Scope::Node, 1_000).await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.at_ms).collect::<Vec<_>>(),
        (0..=700).rev().collect::<Vec<_>>()
    );
    assert_eq!(test.store.recent_calls(Scope::Node, 9).await.unwrap(), [ended(call(1, 10), 20, "normal")]);
    writer.close().await;
    test.remove().await;
}

#[tokio::test]
async fn a_mailbox_too_small_loses_nothing() {
    let test = TestStore::new().await;
    let writer =
        Writer::start(test.store.clone(), WriterOptions { mailbox_facts: 4, ..options(&test) }).unwrap();
    for number in 0..2_000 {
        writer.record(Fact::Event(event(number, "in a burst")));
    }
    writer.settled().await;
    let events = test.store.recent_events(Scope::Node, 3_000).await.unwrap();
    assert_eq!(
        events.iter().map(|event| event.at_ms).collect::<Vec<_>>(),
        (0..2_000).rev().collect::<Vec<_>>()
    );
    assert_eq!(writer.counters().lost, 0);
    writer.close().await;
    test.remove().await;
}

#[tokio::test]
async fn a_line_cut_off_by_a_crash_costs_that_line_only() {
    let test = TestStore::new().await;
    let folder = test.folder.join("spool");
    std::fs::create_dir_all(&folder).unwrap();
    let whole = serde_json::to_string(&envelope("x1", Fact::Event(event(1, "whole")))).unwrap();
    std::fs::write(folder.join("000000000007.jsonl"), format!("{whole}\n{}", &whole[..20])).unwrap();
    let writer = Writer::start(test.store.clone(), options(&test)).unwrap();
    while writer.counters().delivered < 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(test.store.recent_events(Scope::Node, 9).await.unwrap().len(), 1);
    writer.close().await;
    test.remove().await;
}

#[tokio::test]
async fn thousands_of_calls_are_written_in_batches() {
    const CALLS: u16 = 5_000;
    let test = TestStore::new().await;
    let writer = Writer::start(
        test.store.clone(),
        WriterOptions { deliver_timeout: Duration::from_secs(30), ..options(&test) },
    )
    .unwrap();
    let begun = Instant::now();
    for number in 0..CALLS {
        let mut record = call(number, 10);
        writer.record(began(&record));
        record.legs = vec![leg(0), leg(1)];
        writer.record(finished(&ended(record, 20, "normal")));
    }
    writer.settled().await;
    let facts_per_s = f64::from(CALLS) * 2.0 / begun.elapsed().as_secs_f64();
    println!(
        "{}: {facts_per_s:.0} facts/s, a call being two facts and three rows",
        test.url.split(':').next().unwrap()
    );
    assert_eq!(
        test.store.recent_calls(Scope::Node, u32::from(CALLS) + 1).await.unwrap().len(),
        usize::from(CALLS)
    );
    assert!(test.store.unfinished_calls("n1").await.unwrap().is_empty());
    writer.close().await;
    test.remove().await;
}

/// SQLite rolls back by itself when its disk fails, and the driver goes on counting a transaction that is not there.
#[tokio::test]
async fn a_transaction_that_the_database_ended_by_itself_spoils_no_later_one() {
    let test = TestStore::new().await;
    for _ in 0..3 {
        let mut tx = test.store.begin().await.unwrap();
        on_tx!(&mut tx, |connection| sqlx::raw_sql("ROLLBACK").execute(connection).await.map(drop)).unwrap();
        let _ = tx.commit().await;
    }
    for _ in 0..10 {
        test.store.begin().await.unwrap().commit().await.unwrap();
    }
}
