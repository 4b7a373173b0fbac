//! The legs of call records.
use std::collections::HashMap;

use sqlx::QueryBuilder;

use crate::model::{CallRecord, LegRecord, LegStatistics, Party, StreamStatistics};
use crate::store::column::optional_parsed;
use crate::store::database::Tx;
use crate::store::{Store, StoreError, without_nul};

/// Legs written with one statement: 20 values each stay below the 32,766 that SQLite takes.
const LEGS_PER_STATEMENT: usize = 512;
/// Calls whose legs are asked for with one statement.
const CALLS_PER_QUERY: usize = 512;

const COLUMNS: &str = "INSERT INTO legs (call_id, position, sip_call_id, party_kind, party, remote_address, codec, srtp, \
    received_packets, received_lost, received_jitter_ms, received_mos, \
    sent_packets, sent_lost, sent_jitter_ms, sent_mos, round_trip_ms, wrong_source_packets, unauthentic_packets, one_way) ";

row! {
    struct Row {
        call_id: String,
        sip_call_id: String,
        party_kind: String,
        party: String,
        remote_address: Option<String>,
        codec: Option<String>,
        srtp: Option<String>,
        received_packets: Option<i64>,
        received_lost: Option<i64>,
        received_jitter_ms: Option<f64>,
        received_mos: Option<f64>,
        sent_packets: Option<i64>,
        sent_lost: Option<i64>,
        sent_jitter_ms: Option<f64>,
        sent_mos: Option<f64>,
        round_trip_ms: Option<f64>,
        wrong_source_packets: Option<i64>,
        unauthentic_packets: Option<i64>,
        one_way: Option<bool>,
    }
}

impl TryFrom<Row> for LegRecord {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let count =
            |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok()).unwrap_or_default();
        let stream = |packets, lost, jitter_ms: Option<f64>, mos| StreamStatistics {
            packets: count(packets),
            lost: count(lost),
            jitter_ms: jitter_ms.unwrap_or_default(),
            mos,
        };
        let statistics = row.received_packets.is_some().then(|| LegStatistics {
            received: stream(
                row.received_packets,
                row.received_lost,
                row.received_jitter_ms,
                row.received_mos,
            ),
            sent: stream(row.sent_packets, row.sent_lost, row.sent_jitter_ms, row.sent_mos),
            round_trip_ms: row.round_trip_ms,
            wrong_source_packets: count(row.wrong_source_packets),
            unauthentic_packets: count(row.unauthentic_packets),
            one_way: row.one_way.unwrap_or_default(),
        });
        Ok(Self {
            sip_call_id: row.sip_call_id,
            party: party(&row.party_kind, row.party),
            remote: optional_parsed("legs", row.remote_address.as_deref())?,
            codec: row.codec,
            srtp: row.srtp,
            statistics,
        })
    }
}

fn party(kind: &str, name: String) -> Party {
    match kind {
        "extension" => Party::Extension(name),
        "service" => Party::Service(name),
        "trunk" => Party::Trunk(name),
        _ => Party::Unknown,
    }
}

fn party_columns(party: &Party) -> (&'static str, String) {
    match party {
        Party::Extension(number) => ("extension", without_nul(number)),
        Party::Service(name) => ("service", without_nul(name)),
        Party::Trunk(name) => ("trunk", without_nul(name)),
        Party::Unknown => ("unknown", String::new()),
    }
}

impl Store {
    pub(in crate::store) async fn legs_of(
        &self,
        calls: &[String],
    ) -> Result<HashMap<String, Vec<LegRecord>>, StoreError> {
        let mut legs: HashMap<_, Vec<_>> = HashMap::new();
        for calls in calls.chunks(CALLS_PER_QUERY) {
            let rows: Vec<Row> = on_pool!(self, |pool| {
                let mut query = QueryBuilder::new("SELECT * FROM legs WHERE call_id IN (");
                let mut list = query.separated(", ");
                for call in calls {
                    list.push_bind(call.clone());
                }
                query.push(") ORDER BY call_id, position").build_query_as().fetch_all(pool).await
            })?;
            for row in rows {
                legs.entry(row.call_id.clone()).or_default().push(LegRecord::try_from(row)?);
            }
        }
        Ok(legs)
    }
}

/// Writes the legs of calls that ended; those that are there already stay.
pub(in crate::store) async fn insert(tx: &mut Tx, calls: &[&CallRecord]) -> Result<(), StoreError> {
    let legs = calls
        .iter()
        .flat_map(|call| (0_i64..).zip(&call.legs).map(|(position, leg)| (call.id, position, leg)));
    let legs: Vec<_> = legs.collect();
    for legs in legs.chunks(LEGS_PER_STATEMENT) {
        on_tx!(tx, |db| {
            let mut query = QueryBuilder::new(COLUMNS);
            let count = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
            query.push_values(legs, |mut row, (call, position, leg)| {
                let (kind, name) = party_columns(&leg.party);
                row.push_bind(call.to_string())
                    .push_bind(*position)
                    .push_bind(without_nul(&leg.sip_call_id))
                    .push_bind(kind)
                    .push_bind(name)
                    .push_bind(leg.remote.map(|remote| remote.to_string()))
                    .push_bind(leg.codec.as_deref().map(without_nul))
                    .push_bind(leg.srtp.as_deref().map(without_nul));
                for stream in [leg.statistics.map(|both| both.received), leg.statistics.map(|both| both.sent)]
                {
                    row.push_bind(stream.map(|stream| count(stream.packets)))
                        .push_bind(stream.map(|stream| count(stream.lost)))
                        .push_bind(stream.map(|stream| stream.jitter_ms))
                        .push_bind(stream.and_then(|stream| stream.mos));
                }
                row.push_bind(leg.statistics.and_then(|both| both.round_trip_ms))
                    .push_bind(leg.statistics.map(|both| count(both.wrong_source_packets)))
                    .push_bind(leg.statistics.map(|both| count(both.unauthentic_packets)))
                    .push_bind(leg.statistics.map(|both| both.one_way));
            });
            query.push(" ON CONFLICT (call_id, position) DO NOTHING").build().execute(db).await.map(drop)
        })?;
    }
    Ok(())
}
