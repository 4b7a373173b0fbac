//! Numbers for Prometheus. The signalling task is asked for its state when they are fetched; nothing is counted twice.

use std::collections::HashMap;

use prometheus::{Encoder, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder};

/// The numbers of this node at one moment. Totals only grow.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub gauges: Vec<(&'static str, u64)>,
    pub sip: HashMap<&'static str, u64>,
    pub calls_ended: HashMap<&'static str, u64>,
    pub media: HashMap<&'static str, u64>,
    pub store: HashMap<&'static str, u64>,
}

/// The metrics of this node.
pub struct Metrics {
    registry: Registry,
    gauges: IntGaugeVec,
    sip: IntCounterVec,
    calls: IntCounterVec,
    media: IntCounterVec,
    store: IntCounterVec,
}

impl Metrics {
    /// # Errors
    /// Two metrics of one name: our mistake.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter =
            |name: &str, help: &str, label: &str| IntCounterVec::new(Opts::new(name, help), &[label]);
        let metrics = Self {
            gauges: IntGaugeVec::new(Opts::new("ramal_active", "What exists now, by kind"), &["kind"])?,
            sip: counter("ramal_sip_total", "What the SIP endpoint counted, by event", "event")?,
            calls: counter("ramal_calls_ended_total", "Ended calls, by reason", "reason")?,
            media: counter("ramal_media_total", "What the media workers reported, by event", "event")?,
            store: counter("ramal_store_total", "What became of facts for the database", "event")?,
            registry,
        };
        metrics.registry.register(Box::new(metrics.gauges.clone()))?;
        for counter in [&metrics.sip, &metrics.calls, &metrics.media, &metrics.store] {
            metrics.registry.register(Box::new(counter.clone()))?;
        }
        Ok(metrics)
    }

    /// The exposition text for a state of the node.
    pub fn render(&self, snapshot: &Snapshot) -> String {
        for (kind, value) in &snapshot.gauges {
            self.gauges.with_label_values(&[kind]).set(i64::try_from(*value).unwrap_or(i64::MAX));
        }
        raise(&self.sip, &snapshot.sip);
        raise(&self.calls, &snapshot.calls_ended);
        raise(&self.media, &snapshot.media);
        raise(&self.store, &snapshot.store);
        let mut text = Vec::new();
        if TextEncoder::new().encode(&self.registry.gather(), &mut text).is_err() {
            text.clear();
        }
        String::from_utf8(text).unwrap_or_default()
    }
}

/// Brings counters up to totals that only grow.
fn raise(counters: &IntCounterVec, totals: &HashMap<&'static str, u64>) {
    for (event, total) in totals {
        let counter = counters.with_label_values(&[event]);
        counter.inc_by(total.saturating_sub(counter.get()));
    }
}
