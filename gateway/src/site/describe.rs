//! Everything that a site file says about a row, key by key, as TOML. Export writes it, the difference compares it; neither holds a secret.

use super::KEPT;
use super::plan::{MAX_BINDINGS, RING_TIMEOUT_S};
use super::rule::{MAX_DIGITS, MIN_DIGITS};
use crate::model::{
    AllowedExtensions, Announcement, CONFERENCE_MEMBERS, CallerIdPolicy, Conference, Destination,
    DialRuleKind, DtmfMethod, Extension, Organization, OutboundSecret, RecordingRule, Service, SrtpPolicy,
    ToneCountry, Transport, Trunk, TrunkId, TrunkNumber,
};

/// Keys with their values; keys at their default are left out.
pub(super) type Fields = Vec<(&'static str, String)>;

pub(super) fn organization(row: &Organization) -> Fields {
    let mut fields = vec![("name", text(&row.name))];
    put(&mut fields, "title", (row.title != row.name).then(|| text(&row.title)));
    fields.push(("sip_domain", text(&row.sip_domain)));
    put(&mut fields, "recording", recording(row.recording));
    put(&mut fields, "announcements", row.announcements.as_deref().map(text));
    put(&mut fields, "ring_timeout_s", unless(row.ring_timeout_s, RING_TIMEOUT_S));
    put(&mut fields, "country", (row.country != ToneCountry::Brazil).then(|| text(row.country.as_str())));
    put(&mut fields, "recording_days", row.recording_days.map(|days| days.to_string()));
    fields
}

pub(super) fn extension(row: &Extension) -> Fields {
    let mut fields = vec![("number", text(&row.number)), ("password", text(KEPT))];
    put(&mut fields, "display_name", row.display_name.as_deref().map(text));
    put(&mut fields, "recording", recording(row.recording));
    put(&mut fields, "max_bindings", unless(row.max_bindings, MAX_BINDINGS));
    put(&mut fields, "may_call_trunks", unless(row.may_call_trunks, true));
    put(&mut fields, "ring_timeout_s", row.ring_timeout_s.map(|seconds| seconds.to_string()));
    put(&mut fields, "enabled", unless(row.enabled, true));
    fields
}

pub(super) fn trunk(row: &Trunk) -> Fields {
    let mut fields = vec![("name", text(&row.name)), ("host", text(&row.host))];
    put(&mut fields, "port", row.port.map(|port| port.to_string()));
    put(&mut fields, "transport", (row.transport != Transport::Udp).then(|| text(row.transport.as_str())));
    put(&mut fields, "sources", (!row.sources.is_empty()).then(|| list(&row.sources)));
    let digest_in = row.digest_in.as_ref();
    put(
        &mut fields,
        "digest_in",
        digest_in
            .map(|digest| format!("{{ username = {}, password = {} }}", text(&digest.username), text(KEPT))),
    );
    put(&mut fields, "credentials_out", credentials_out(row));
    let register = row.register.as_ref().map(|register| {
        let (aor, user) = (text(&register.aor), text(&register.contact_user));
        format!("{{ aor = {aor}, contact_user = {user}, expires_s = {} }}", register.expires_s)
    });
    put(&mut fields, "register", register);
    put(&mut fields, "options_ping_s", row.options_ping_s.map(|seconds| seconds.to_string()));
    put(&mut fields, "codecs", row.codecs.as_deref().map(list));
    put(&mut fields, "srtp", (row.srtp != SrtpPolicy::Off).then(|| text(row.srtp.as_str())));
    put(&mut fields, "dtmf", (row.dtmf != DtmfMethod::Rfc4733).then(|| text(row.dtmf.as_str())));
    put(&mut fields, "recording", recording(row.recording));
    put(&mut fields, "max_calls", row.max_calls.map(|calls| calls.to_string()));
    put(&mut fields, "caller_id", caller_id(&row.caller_id));
    put(&mut fields, "enabled", unless(row.enabled, true));
    fields
}

/// A rule; `trunk_name` turns a row number into the name that the file uses.
pub(super) fn rule<'a>(kind: &DialRuleKind, trunk_name: impl Fn(TrunkId) -> Option<&'a str>) -> Fields {
    let name = |trunk: &TrunkId| text(trunk_name(*trunk).unwrap_or("?"));
    match kind {
        DialRuleKind::Service { number, service: built_in } => {
            let mut fields = vec![("dial", text(number))];
            fields.extend(service(built_in));
            fields
        }
        DialRuleKind::Prefix { prefix, trunk, strip, prepend, min_digits, max_digits, allow } => {
            let mut fields = vec![("prefix", text(prefix)), ("trunk", name(trunk))];
            put(&mut fields, "strip", unless(*strip, 0));
            put(&mut fields, "prepend", (!prepend.is_empty()).then(|| text(prepend)));
            put(&mut fields, "min_digits", unless(*min_digits, MIN_DIGITS));
            put(&mut fields, "max_digits", unless(*max_digits, MAX_DIGITS));
            match allow {
                AllowedExtensions::All => {}
                AllowedExtensions::Only(numbers) => fields.push(("allow", list(numbers))),
            }
            fields
        }
        DialRuleKind::TrunkNumber { trunk, number, destination } => {
            let number = match number {
                TrunkNumber::Any => "*",
                TrunkNumber::Exact(number) => number,
            };
            let mut fields = vec![("from_trunk", name(trunk)), ("number", text(number))];
            match destination {
                Destination::Extension(number) => fields.push(("extension", text(number))),
                Destination::Service(built_in) => fields.extend(service(built_in)),
            }
            fields
        }
    }
}

/// The fields as they stand in a file, on one line.
pub(super) fn one_line(fields: &Fields) -> String {
    fields.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
}

fn service(service: &Service) -> Fields {
    let one = match service {
        Service::Announcement(Announcement::Builtin(name)) => {
            ("announcement", text(&format!("{}{name}", Announcement::BUILTIN)))
        }
        Service::Announcement(Announcement::File(name)) => ("announcement", text(name)),
        Service::Announcement(Announcement::Clip(id)) => {
            ("announcement", text(&format!("{}{id}", Announcement::CLIP)))
        }
        Service::Busy => ("service", text("busy")),
        Service::Congestion => ("service", text("congestion")),
        Service::Conference(conference) => return conference_fields(conference),
        Service::Echo => ("service", text("echo")),
        Service::Queue(name) => ("queue", text(name)),
        Service::Ringback => ("service", text("ringback")),
        Service::Tone => ("service", text("tone")),
    };
    vec![one]
}

fn conference_fields(row: &Conference) -> Fields {
    let mut fields = vec![("conference", text(&row.name))];
    put(&mut fields, "pin", row.pin.as_ref().map(|_| text(KEPT)));
    put(&mut fields, "max_members", unless(row.max_members, CONFERENCE_MEMBERS));
    put(&mut fields, "recording", recording(row.recording));
    fields
}

fn credentials_out(row: &Trunk) -> Option<String> {
    let credentials = row.credentials_out.as_ref()?;
    let realm = match &credentials.secret {
        OutboundSecret::Ha1 { realm, .. } => format!(", realm = {}", text(realm)),
        OutboundSecret::Sealed(_) => String::new(),
    };
    Some(format!("{{ username = {}, password = {}{realm} }}", text(&credentials.username), text(KEPT)))
}

fn caller_id(policy: &CallerIdPolicy) -> Option<String> {
    match policy {
        CallerIdPolicy::Anonymous => Some(text("anonymous")),
        CallerIdPolicy::Fixed(number) => Some(text(number)),
        CallerIdPolicy::Pass => None,
    }
}

fn recording(rule: RecordingRule) -> Option<String> {
    (rule != RecordingRule::Inherit).then(|| text(rule.as_str()))
}

fn unless<T: PartialEq + ToString>(value: T, default: T) -> Option<String> {
    (value != default).then(|| value.to_string())
}

fn put(fields: &mut Fields, key: &'static str, value: Option<String>) {
    fields.extend(value.map(|value| (key, value)));
}

fn list<T: ToString>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| text(&item.to_string())).collect();
    format!("[{}]", items.join(", "))
}

pub(super) fn text(value: &str) -> String {
    toml::Value::from(value).to_string()
}
