//! The dial plan: from who dials what to where the call goes. Pure look-ups in the [`Directory`].

use crate::model::{
    AllowedExtensions, Destination, DialRuleKind, Directory, Extension, ExtensionId, Medium, OrganizationId,
    Queue, Service, Trunk, TrunkId, TrunkNumber,
};

/// Who dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialler {
    Extension(ExtensionId),
    Trunk(TrunkId),
}

/// Where a dialled number leads.
#[derive(Debug, PartialEq)]
pub enum Route<'a> {
    Extension(&'a Extension),
    /// The trunk, and the number as it wants it.
    Trunk {
        trunk: &'a Trunk,
        number: String,
    },
    /// Music, until an agent takes the call.
    Queue(&'a Queue),
    Service(&'a Service),
    Refused(Refusal),
}

/// Why a number leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No rule and no extension has this number.
    UnknownNumber,
    /// A rule has it, but the dialler may not use it.
    NotAllowed,
}

/// Finds the destination of `number`. Extensions come before rules; of the rules the first that matches counts.
pub fn route<'a>(
    directory: &'a Directory,
    organization: OrganizationId,
    dialler: Dialler,
    number: &str,
) -> Route<'a> {
    match dialler {
        // One that was disabled while it talks may not transfer out either.
        Dialler::Extension(id) => match directory.extension_by_id(id).filter(|e| e.enabled) {
            Some(caller) => from_extension(directory, organization, caller, number),
            None => Route::Refused(Refusal::NotAllowed),
        },
        Dialler::Trunk(id) => from_trunk(directory, organization, id, number),
    }
}

fn from_extension<'a>(
    directory: &'a Directory,
    organization: OrganizationId,
    caller: &Extension,
    number: &str,
) -> Route<'a> {
    if let Some(extension) = enabled_extension(directory, organization, number) {
        return Route::Extension(extension);
    }
    let mut refusal = Refusal::UnknownNumber;
    for rule in directory.rules(organization) {
        match &rule.kind {
            DialRuleKind::Service { number: own, service } if own == number => {
                return answered_here(directory, organization, service);
            }
            DialRuleKind::Prefix { trunk, allow, .. } if matches_prefix(&rule.kind, number) => {
                let Some(trunk) = directory.trunk(*trunk).filter(|t| t.enabled) else { continue };
                if !may_use(allow, caller) {
                    refusal = Refusal::NotAllowed;
                    continue;
                }
                return Route::Trunk { trunk, number: rewritten(&rule.kind, number) };
            }
            DialRuleKind::Service { .. } | DialRuleKind::Prefix { .. } | DialRuleKind::TrunkNumber { .. } => {
            }
        }
    }
    Route::Refused(refusal)
}

/// A trunk reaches what a trunk-number rule names and nothing else: never another trunk (toll fraud).
fn from_trunk<'a>(
    directory: &'a Directory,
    organization: OrganizationId,
    from: TrunkId,
    called: &str,
) -> Route<'a> {
    let destination = directory.rules(organization).find_map(|rule| match &rule.kind {
        DialRuleKind::TrunkNumber { trunk, number, destination } if *trunk == from => {
            let fits = match number {
                TrunkNumber::Any => true,
                TrunkNumber::Exact(exact) => is_same_number(exact, called),
            };
            fits.then_some(destination)
        }
        _ => None,
    });
    match destination {
        Some(Destination::Extension(number)) => enabled_extension(directory, organization, number)
            .map_or(Route::Refused(Refusal::UnknownNumber), Route::Extension),
        Some(Destination::Service(service)) => answered_here(directory, organization, service),
        None => Route::Refused(Refusal::UnknownNumber),
    }
}

/// The `+` of E.164 says that a country code follows; carriers send it or leave it out as they like.
fn is_same_number(one: &str, other: &str) -> bool {
    one.strip_prefix('+').unwrap_or(one) == other.strip_prefix('+').unwrap_or(other)
}

/// A number that we answer ourselves. A queue that is not there, or takes no calls, is no number.
fn answered_here<'a>(
    directory: &'a Directory,
    organization: OrganizationId,
    service: &'a Service,
) -> Route<'a> {
    let Service::Queue(name) = service else { return Route::Service(service) };
    let queue =
        directory.queue_by_name(organization, name).filter(|q| q.enabled && q.medium == Medium::Voice);
    queue.map_or(Route::Refused(Refusal::UnknownNumber), Route::Queue)
}

fn enabled_extension<'a>(
    directory: &'a Directory,
    organization: OrganizationId,
    number: &str,
) -> Option<&'a Extension> {
    directory.extension(organization, number).filter(|e| e.enabled)
}

fn may_use(allow: &AllowedExtensions, caller: &Extension) -> bool {
    caller.may_call_trunks
        && match allow {
            AllowedExtensions::All => true,
            AllowedExtensions::Only(numbers) => numbers.contains(&caller.number),
        }
}

fn matches_prefix(kind: &DialRuleKind, number: &str) -> bool {
    let DialRuleKind::Prefix { prefix, min_digits, max_digits, .. } = kind else { return false };
    let dialable = |c: char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#');
    let length = u32::try_from(number.chars().count()).unwrap_or(u32::MAX);
    number.starts_with(prefix.as_str())
        && number.chars().all(dialable)
        && (*min_digits..=*max_digits).contains(&length)
}

fn rewritten(kind: &DialRuleKind, number: &str) -> String {
    let DialRuleKind::Prefix { strip, prepend, .. } = kind else { return number.to_owned() };
    let rest = number.chars().skip(usize::try_from(*strip).unwrap_or(usize::MAX));
    prepend.chars().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        CallerIdPolicy, DialRule, DialRuleId, DtmfMethod, Ha1Pair, Organization, QueueDirection, QueueId,
        RecordingRule, SrtpPolicy, Staffing, Transport,
    };

    const HOUSE: OrganizationId = OrganizationId(1);
    const NEIGHBOUR: OrganizationId = OrganizationId(2);

    fn organization(id: OrganizationId, name: &str) -> Organization {
        Organization {
            id,
            name: name.to_owned(),
            title: name.to_owned(),
            sip_domain: format!("{name}.example"),
            recording: RecordingRule::Inherit,
            announcements: None,
            ring_timeout_s: 30,
            country: crate::model::ToneCountry::Brazil,
            recording_days: None,
        }
    }

    fn extension(id: i64, organization: OrganizationId, number: &str) -> Extension {
        Extension {
            id: ExtensionId(id),
            organization,
            number: number.to_owned(),
            display_name: None,
            ha1: Ha1Pair { md5: String::new(), sha256: String::new() },
            recording: RecordingRule::Inherit,
            max_bindings: 5,
            may_call_trunks: number != "102",
            ring_timeout_s: None,
            enabled: number != "103",
        }
    }

    fn trunk(id: i64, organization: OrganizationId) -> Trunk {
        Trunk {
            id: TrunkId(id),
            organization,
            name: format!("carrier{id}"),
            host: "192.0.2.1".to_owned(),
            port: None,
            transport: Transport::Udp,
            sources: Vec::new(),
            digest_in: None,
            credentials_out: None,
            register: None,
            options_ping_s: None,
            codecs: None,
            srtp: SrtpPolicy::Off,
            dtmf: DtmfMethod::Rfc4733,
            recording: RecordingRule::Inherit,
            max_calls: None,
            caller_id: CallerIdPolicy::Pass,
            enabled: true,
        }
    }

    fn rules() -> Vec<DialRuleKind> {
        vec![
            DialRuleKind::Service { number: "*43".to_owned(), service: Service::Echo },
            DialRuleKind::Prefix {
                prefix: "00".to_owned(),
                trunk: TrunkId(1),
                strip: 2,
                prepend: "+".to_owned(),
                min_digits: 6,
                max_digits: 17,
                allow: AllowedExtensions::Only(vec!["100".to_owned()]),
            },
            DialRuleKind::Prefix {
                prefix: "0".to_owned(),
                trunk: TrunkId(1),
                strip: 1,
                prepend: "+55".to_owned(),
                min_digits: 9,
                max_digits: 12,
                allow: AllowedExtensions::All,
            },
            DialRuleKind::TrunkNumber {
                trunk: TrunkId(1),
                number: TrunkNumber::Exact("551130001000".to_owned()),
                destination: Destination::Extension("101".to_owned()),
            },
            waits("*80", "sales"),
            waits("*81", "closed"),
            waits("*82", "site"),
            waits("*83", "theirs"),
        ]
    }

    fn waits(number: &str, queue: &str) -> DialRuleKind {
        DialRuleKind::Service { number: number.to_owned(), service: Service::Queue(queue.to_owned()) }
    }

    fn queue(id: i64, organization: OrganizationId, name: &str) -> Queue {
        Queue {
            id: QueueId(id),
            organization,
            name: name.to_owned(),
            title: name.to_owned(),
            direction: QueueDirection::Inbound,
            offer_timeout_s: 20,
            wrap_up_s: 0,
            priority: 0,
            members: Vec::new(),
            pause_reasons: Vec::new(),
            dispositions: Vec::new(),
            medium: if name == "site" { Medium::Chat } else { Medium::Voice },
            music: None,
            enabled: name != "closed",
        }
    }

    fn directory() -> Directory {
        let rule = |(position, kind)| DialRule {
            id: DialRuleId(i64::from(position)),
            organization: HOUSE,
            position,
            kind,
        };
        Directory::new(
            1,
            vec![organization(HOUSE, "house"), organization(NEIGHBOUR, "neighbour")],
            vec![
                extension(1, HOUSE, "100"),
                extension(2, HOUSE, "101"),
                extension(3, HOUSE, "102"),
                extension(4, HOUSE, "103"),
                extension(5, NEIGHBOUR, "200"),
            ],
            vec![trunk(1, HOUSE)],
            (0..).zip(rules()).map(rule).collect(),
        )
        .staffed(Staffing {
            queues: vec![
                queue(1, HOUSE, "sales"),
                queue(2, HOUSE, "closed"),
                queue(3, HOUSE, "site"),
                queue(4, NEIGHBOUR, "theirs"),
            ],
            ..Staffing::default()
        })
    }

    fn dial(from: i64, number: &str) -> String {
        let directory = directory();
        match route(&directory, HOUSE, Dialler::Extension(ExtensionId(from)), number) {
            Route::Extension(e) => format!("extension {}", e.number),
            Route::Trunk { trunk, number } => format!("{} {number}", trunk.name),
            Route::Queue(queue) => format!("queue {}", queue.name),
            Route::Service(service) => format!("{service:?}"),
            Route::Refused(refusal) => format!("{refusal:?}"),
        }
    }

    #[test]
    fn an_extension_reaches_extensions_services_and_trunks() {
        assert_eq!(dial(1, "101"), "extension 101");
        assert_eq!(dial(1, "*43"), "Echo");
        assert_eq!(dial(1, "011912345678"), "carrier1 +5511912345678");
        assert_eq!(dial(1, "004912345678"), "carrier1 +4912345678");
    }

    #[test]
    fn the_next_rule_counts_for_who_may_not_use_the_first() {
        assert_eq!(dial(2, "004912345678"), "carrier1 +5504912345678");
    }

    #[test]
    fn what_may_not_or_cannot_be_dialled_is_told_apart() {
        assert_eq!(dial(3, "011912345678"), "NotAllowed");
        assert_eq!(dial(1, "999"), "UnknownNumber");
        assert_eq!(dial(1, "103"), "UnknownNumber");
        assert_eq!(dial(4, "011912345678"), "NotAllowed");
        assert_eq!(dial(1, "0119123456;phone"), "UnknownNumber");
        assert_eq!(dial(1, "200"), "UnknownNumber");
    }

    #[test]
    fn a_number_leads_to_a_queue_of_the_house_that_takes_calls() {
        assert_eq!(dial(1, "*80"), "queue sales");
        for closed_for_chats_or_theirs in ["*81", "*82", "*83"] {
            assert_eq!(dial(1, closed_for_chats_or_theirs), "UnknownNumber");
        }
    }

    #[test]
    fn a_trunk_reaches_its_numbers_and_never_another_trunk() {
        let directory = directory();
        let call = |number| route(&directory, HOUSE, Dialler::Trunk(TrunkId(1)), number);
        assert!(matches!(call("551130001000"), Route::Extension(e) if e.number == "101"));
        // Written without its plus in the rule, sent with it by the carrier.
        assert!(matches!(call("+551130001000"), Route::Extension(e) if e.number == "101"));
        assert_eq!(call("++551130001000"), Route::Refused(Refusal::UnknownNumber));
        assert_eq!(call("011912345678"), Route::Refused(Refusal::UnknownNumber));
        assert_eq!(call("100"), Route::Refused(Refusal::UnknownNumber));
    }
}
