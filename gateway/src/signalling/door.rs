//! The door: a call or a registration comes, and whoever is not known gets no further than here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ramal_media::sdp::SrtpPolicy;
use ramal_sip::endpoint::{DialogId, Reply};
use ramal_sip::message::Request;
use ramal_sip::transport::Flow;

use super::inbound::{Doorkeeper, Refusal, Sender};
use super::listeners;
use super::reach::{Reachable, srtp_policy};
use super::refused::{RefusedCall, RefusedFor, RefusedWhat};
use super::state::{Admission, Now, Signalling, with_calls};
use crate::call::{Context, DtmfWay, EndReason, Incoming, MediaPlane, Party, status};
use crate::model::{Directory, EventRow, Extension, Ha1Pair, OrganizationId, Trunk};
use crate::store::Fact;

/// What happened at the door, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoorCounters {
    /// Requests of senders that are neither trunk nor extension, or could not prove it.
    pub refused: u64,
    pub challenged: u64,
    pub registers: u64,
    /// Passwords that were looked at and are wrong.
    pub wrong_passwords: u64,
    /// Passwords that were not looked at, for too many before were wrong.
    pub passwords_not_looked_at: u64,
}

impl<M: MediaPlane> Signalling<M> {
    fn doorkeeper<'d, 's>(&'s mut self, now: Now, directory: &'d Directory) -> Doorkeeper<'d, 's> {
        Doorkeeper {
            directory,
            listeners: &self.listeners,
            challenger: &mut self.challenger,
            guard: &mut self.guard,
            registrar: &self.registrar,
            wall_ms: now.wall_ms,
        }
    }

    /// A new call: whoever is not known gets no further than here.
    pub(super) fn invite(&mut self, now: Now, dialog: DialogId, request: Request, flow: Flow) {
        if self.admission == Admission::Closed {
            return self.endpoint.reject(now.instant, dialog, status(503));
        }
        let directory = Arc::clone(&self.directory);
        let mut door = self.doorkeeper(now, &directory);
        let mut incoming = match door.identify(now.instant, &request, &flow) {
            Sender::Extension(extension) => from_extension(extension, dialog, request, flow),
            Sender::Trunk(trunk) => from_trunk(trunk, dialog, request, flow),
            Sender::Refused(reply, refusal) => {
                self.refuse_at_the_door(now, &request, &flow, (&reply, &refusal), RefusedWhat::Call);
                return self.endpoint.turn_away(now.instant, dialog, &request, &reply);
            }
        };
        let elsewhere = door.is_for_others(&incoming);
        self.refused.proved(incoming.organization, flow.remote.ip(), &caller(&incoming.request));
        if elsewhere {
            incoming.dialled = format!("{}@{}", incoming.dialled, incoming.request.uri.host());
            return with_calls!(self, now, |calls, cx| calls.refuse(cx, &incoming, EndReason::NumberUnknown));
        }
        with_calls!(self, now, |calls, cx| calls.incoming(cx, incoming));
    }

    pub(super) fn register(&mut self, now: Now, request: &Request, flow: Flow) -> Reply {
        self.door.registers += 1;
        let directory = Arc::clone(&self.directory);
        let sender = self.doorkeeper(now, &directory).identify_registering(now.instant, request, &flow);
        match sender {
            Sender::Extension(extension) => {
                let reply = self.registrar.register(now.wall_ms, extension, request, flow, &mut self.facts);
                if reply.status.is_success() && !flow.transport.can_connect() {
                    self.follow_phone(now, extension.id, request, flow);
                }
                reply
            }
            Sender::Refused(reply, refusal) => {
                let what = RefusedWhat::Registration;
                self.refuse_at_the_door(now, request, &flow, (&reply, &refusal), what);
                reply
            }
            Sender::Trunk(_) => status(403),
        }
    }

    /// Whoever was refused for a password that holds no more may try the new one.
    pub(super) fn follow_passwords(&mut self, new: &Directory) {
        let old = Arc::clone(&self.directory);
        let all = old.organizations().iter().chain(new.organizations()).map(|organization| organization.id);
        for organization in all.collect::<HashSet<_>>() {
            let (was, is) = (passwords(&old, organization), passwords(new, organization));
            let names = was.keys().chain(is.keys()).copied();
            let changed: HashSet<&str> = names.filter(|name| was.get(name) != is.get(name)).collect();
            if changed.is_empty() {
                continue;
            }
            self.guard.forget(organization, &changed);
            for name in changed {
                self.refused.password_changed(organization, name);
            }
        }
    }

    /// Counts it, and keeps it for whoever can let the next one in.
    fn refuse_at_the_door(
        &mut self,
        now: Now,
        request: &Request,
        flow: &Flow,
        (reply, refusal): (&Reply, &Refusal),
        what: RefusedWhat,
    ) {
        let code = reply.status.as_u16();
        if *refusal == Refusal::Challenged {
            self.door.challenged += 1;
        } else {
            self.door.refused += 1;
            tracing::debug!(sip.remote = %flow.remote, sip.status = code, "request of an unknown sender refused");
        }
        match refusal {
            Refusal::WrongPassword { .. } | Refusal::Locks { .. } => self.door.wrong_passwords += 1,
            Refusal::Locked { .. } => self.door.passwords_not_looked_at += 1,
            Refusal::Challenged
            | Refusal::Stranger
            | Refusal::UnusableDigest { .. }
            | Refusal::Foreign { .. }
            | Refusal::Malformed => {}
        }
        if let Refusal::Locks { organization, name, time } = refusal {
            self.tell_of_lock(now, *organization, flow, &format!("{name}: {} s", time.as_secs()));
        }
        self.note_refusal(now, request, flow, (code, refusal), what);
    }

    /// One line and one event for each time that somebody is locked out, not for each guess.
    fn tell_of_lock(&mut self, now: Now, organization: OrganizationId, flow: &Flow, what: &str) {
        tracing::warn!(
            organization.id = organization.0,
            sip.transport = %flow.transport,
            "too many wrong SIP passwords for one name from one address: refused from there for a while; the refused calls of the console say which"
        );
        tracing::debug!(sip.remote = %flow.remote, sip.name = what, "too many wrong SIP passwords");
        let what: String = what.chars().filter(|c| !c.is_control()).take(EVENT_CHARS).collect();
        self.facts.push(Fact::Event(EventRow {
            at_ms: now.wall_ms,
            organization: Some(organization),
            kind: "sip.password_locked".to_owned(),
            call: None,
            detail: format!("{what} from {}", flow.remote.ip()),
        }));
    }

    /// A phone that is asked for its password is on its way in.
    fn note_refusal(
        &mut self,
        now: Now,
        request: &Request,
        flow: &Flow,
        (code, refusal): (u16, &Refusal),
        what: RefusedWhat,
    ) {
        let directory = Arc::clone(&self.directory);
        let door = self.doorkeeper(now, &directory);
        let addressed = door.organization(request).map(|organization| organization.id);
        let (reason, organization, name) = match refusal {
            Refusal::Challenged if what == RefusedWhat::Registration || door.claims_extension(request) => {
                return;
            }
            Refusal::Challenged => (RefusedFor::UnknownSource, addressed, None),
            Refusal::Stranger if what == RefusedWhat::Registration => {
                (RefusedFor::UnknownDomain, addressed, None)
            }
            Refusal::Stranger => (RefusedFor::UnknownSource, addressed, None),
            Refusal::WrongPassword { organization, name } => {
                (RefusedFor::WrongPassword, Some(*organization), Some(name))
            }
            Refusal::Locks { organization, name, .. } | Refusal::Locked { organization, name } => {
                (RefusedFor::TooManyPasswords, Some(*organization), Some(name))
            }
            Refusal::UnusableDigest { organization, name } => {
                (RefusedFor::UnusableDigest, Some(*organization), Some(name))
            }
            Refusal::Foreign { organization, name } => {
                (RefusedFor::NotItsNumber, Some(*organization), Some(name))
            }
            Refusal::Malformed => return,
        };
        let extension = organization.zip(name).filter(|(id, name)| directory.extension(*id, name).is_some());
        let call = RefusedCall {
            extension: extension.map(|(_, name)| name.clone()),
            source: Some(flow.remote.ip()),
            caller: name.cloned().unwrap_or_else(|| caller(request)),
            dialled: match (what, reason) {
                (RefusedWhat::Call, _) => dialled(request),
                (_, RefusedFor::UnknownDomain | RefusedFor::NotItsNumber) => addressed_to(request),
                (RefusedWhat::Registration, _) => String::new(),
            },
            ..RefusedCall::now(now.wall_ms, what, reason, code)
        };
        self.refused.note(organization, call);
    }
}

/// What each name of an Organization is checked against: of an extension, else of a trunk.
fn passwords(directory: &Directory, organization: OrganizationId) -> HashMap<&str, &Ha1Pair> {
    let trunks = directory.trunks(organization).filter(|trunk| trunk.enabled);
    let digests = trunks.filter_map(|trunk| trunk.digest_in.as_ref());
    let extensions = directory.extensions(organization).filter(|extension| extension.enabled);
    digests
        .map(|digest| (digest.username.as_str(), &digest.ha1))
        .chain(extensions.map(|extension| (extension.number.as_str(), &extension.ha1)))
        .collect()
}

/// Longest words of an event that come from outside, in characters.
const EVENT_CHARS: usize = 96;

impl Doorkeeper<'_, '_> {
    /// Whether a call is for somebody outside: we are no proxy (RFC 3261 §8.2.2.1, §16.3). A phone calls inside the domain of its
    /// Organization, whichever of our names it uses for it, or any address: behind a translated one we do not know which is ours. A
    /// carrier may know us by a name that we do not: only the domain of another Organization is none of its own.
    fn is_for_others(&self, incoming: &Incoming) -> bool {
        let host = incoming.request.uri.host();
        let domain = self.directory.organization_by_domain(host).map(|organization| organization.id);
        match incoming.party {
            Party::Trunk { .. } => domain.is_some_and(|id| id != incoming.organization),
            Party::Extension { .. } => match domain {
                Some(id) => id != incoming.organization,
                None => {
                    !host.is_empty() && listeners::address(host).is_none() && !self.listeners.is_ours(host)
                }
            },
        }
    }
}

fn caller(request: &Request) -> String {
    let from = request.headers.from().ok();
    from.and_then(|from| from.uri.user().map(|user| user.into_owned())).unwrap_or_default()
}

/// Whom a registration is for.
fn addressed_to(request: &Request) -> String {
    let to = request.headers.to().ok();
    to.map(|to| format!("{}@{}", to.uri.user().unwrap_or_default(), to.uri.host())).unwrap_or_default()
}

fn dialled(request: &Request) -> String {
    request.uri.user().map(|user| user.split(';').next().unwrap_or_default().to_owned()).unwrap_or_default()
}

fn from_extension(extension: &Extension, dialog: DialogId, request: Request, flow: Flow) -> Incoming {
    Incoming {
        dialog,
        dialled: dialled(&request),
        request,
        flow,
        organization: extension.organization,
        party: Party::Extension { id: extension.id, number: extension.number.clone() },
        srtp: SrtpPolicy::Offered,
        dtmf: DtmfWay::Event,
    }
}

fn from_trunk(trunk: &Trunk, dialog: DialogId, request: Request, flow: Flow) -> Incoming {
    // A carrier that we registered with calls our contact and names the number dialled in To.
    let contact_user = trunk.register.as_ref().map(|r| r.contact_user.as_str());
    let number = match dialled(&request) {
        user if contact_user == Some(user.as_str()) || user.is_empty() => {
            request.headers.to().ok().and_then(|to| to.uri.user().map(|u| u.into_owned())).unwrap_or(user)
        }
        user => user,
    };
    let asserted =
        request.headers.asserted_identities().into_iter().find_map(|n| n.uri.user().map(|u| u.into_owned()));
    let from = request.headers.from().ok().and_then(|f| f.uri.user().map(|u| u.into_owned()));
    Incoming {
        dialog,
        dialled: number,
        request,
        flow,
        organization: trunk.organization,
        party: Party::Trunk {
            id: trunk.id,
            name: trunk.name.clone(),
            number: asserted.or(from).unwrap_or_default(),
        },
        srtp: srtp_policy(trunk.srtp),
        dtmf: DtmfWay::from(trunk.dtmf),
    }
}
