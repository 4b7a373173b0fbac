//! Who sent this request: an extension that proves it by digest, a trunk by its address or by digest,
//! or nobody we know.

use std::time::{Duration, Instant};

use ramal_sip::auth::{Challenger, Digest, Given, Ha1, Peer, Verdict, Wrong, parse_credentials};
use ramal_sip::endpoint::Reply;
use ramal_sip::message::{HeaderName, Request};
use ramal_sip::transport::Flow;

use super::listeners::Listeners;
use super::password_guard::{Claimant, Guess, PasswordGuard, Standing};
use super::registrar::Registrar;
use crate::model::{Directory, Extension, Ha1Pair, Organization, OrganizationId, Trunk};

/// The sender of a request.
pub enum Sender<'a> {
    Extension(&'a Extension),
    Trunk(&'a Trunk),
    /// Not known yet, or not allowed: answer with this.
    Refused(Reply, Refusal),
}

/// Why somebody was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Asked for a password.
    Challenged,
    /// It names no organization of ours.
    Stranger,
    /// The password that this name showed is wrong, or nobody has the name.
    WrongPassword { organization: OrganizationId, name: String },
    /// The same, and it was one too many: refused for so long.
    Locks { organization: OrganizationId, name: String, time: Duration },
    /// Its password is not looked at, for it was wrong too often.
    Locked { organization: OrganizationId, name: String },
    /// Its digest is made in a way that we did not ask for: nobody can say whether the password is right.
    UnusableDigest { organization: OrganizationId, name: String },
    /// The password is right, and it speaks for somebody else.
    Foreign { organization: OrganizationId, name: String },
    /// What it sent cannot be read.
    Malformed,
}

/// Which pair of headers a challenge goes by (RFC 3261 §22.2, §22.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// 401, WWW-Authenticate, Authorization: REGISTER.
    Www,
    /// 407, Proxy-Authenticate, Proxy-Authorization: everything that passes through us.
    Proxy,
}

impl Challenge {
    fn status(self) -> u16 {
        match self {
            Self::Www => 401,
            Self::Proxy => 407,
        }
    }

    fn challenge_header(self) -> HeaderName {
        match self {
            Self::Www => HeaderName::WwwAuthenticate,
            Self::Proxy => HeaderName::ProxyAuthenticate,
        }
    }
}

/// Decides who the sender of a request is.
pub struct Doorkeeper<'d, 's> {
    pub directory: &'d Directory,
    pub listeners: &'s Listeners,
    pub challenger: &'s mut Challenger,
    pub guard: &'s mut PasswordGuard,
    pub registrar: &'s Registrar,
    /// For what has an end by the wall clock, in milliseconds since the Unix epoch.
    pub wall_ms: i64,
}

/// Who answers a challenge.
struct Answering {
    given: Given,
    claimant: Claimant,
}

impl<'d> Doorkeeper<'d, '_> {
    /// A call or another request from outside: trunk by source, else digest.
    pub fn identify(&mut self, now: Instant, request: &Request, flow: &Flow) -> Sender<'d> {
        // A page that somebody of the carrier's network looks at is not the carrier: over WebSocket come phones only.
        if flow.transport.can_connect()
            && !self.claims_extension(request)
            && let Some(trunk) = self.trunk_by_source(request, flow)
        {
            return Sender::Trunk(trunk);
        }
        self.by_digest(now, request, flow, Challenge::Proxy)
    }

    /// A REGISTER: extensions only, always by digest.
    pub fn identify_registering(&mut self, now: Instant, request: &Request, flow: &Flow) -> Sender<'d> {
        match self.by_digest(now, request, flow, Challenge::Www) {
            Sender::Trunk(trunk) => {
                let name = trunk.name.clone();
                let organization = trunk.organization;
                Sender::Refused(crate::call::status(403), Refusal::Foreign { organization, name })
            }
            sender @ (Sender::Extension(_) | Sender::Refused(..)) => sender,
        }
    }

    /// A sender that names one of our own extensions in its From is a phone and must prove it, whatever its address.
    pub fn claims_extension(&self, request: &Request) -> bool {
        let Ok(from) = request.headers.from() else { return false };
        let Some(organization) = self.directory.organization_by_domain(from.uri.host()) else { return false };
        from.uri.user().is_some_and(|user| self.directory.extension(organization.id, &user).is_some())
    }

    /// Of several trunks at one address, the one whose organization's domain is dialled.
    fn trunk_by_source(&self, request: &Request, flow: &Flow) -> Option<&'d Trunk> {
        let candidates = self.directory.trunks_by_source(flow.remote.ip());
        let dialled = self.directory.organization_by_domain(request.uri.host()).map(|o| o.id);
        let by_domain = candidates.iter().find(|t| Some(t.organization) == dialled);
        let by_port = candidates.iter().find(|t| t.port == Some(flow.remote.port()));
        by_domain.or(by_port).or(candidates.first()).copied()
    }

    /// The organization that a request is addressed to. A phone that was given our address for a domain is understood
    /// as long as there is only one organization.
    pub fn organization(&self, request: &Request) -> Option<&'d Organization> {
        let directory = self.directory;
        let from = request.headers.from().ok();
        let to = request.headers.to().ok();
        let hosts = [Some(request.uri.host().to_owned())]
            .into_iter()
            .chain([to, from].map(|n| n.map(|n| n.uri.host().to_owned())))
            .flatten();
        let mut ours = false;
        for host in hosts {
            if let Some(organization) = directory.organization_by_domain(&host) {
                return Some(organization);
            }
            ours |= self.listeners.is_ours(&host);
        }
        match directory.organizations() {
            [only] if ours => Some(only),
            _ => None,
        }
    }

    fn by_digest(&mut self, now: Instant, request: &Request, flow: &Flow, kind: Challenge) -> Sender<'d> {
        let peer = Peer { address: flow.remote.ip(), is_certain: flow.transport.is_reliable() };
        let Some(organization) = self.organization(request) else {
            return Sender::Refused(crate::call::status(403), Refusal::Stranger);
        };
        let realm = &organization.sip_domain;
        let names = [HeaderName::ProxyAuthorization, HeaderName::Authorization];
        let answer = names.iter().flat_map(|name| request.headers.all(name)).find_map(|value| {
            let digest = parse_credentials(value)?;
            (digest.realm == *realm).then_some((value, digest))
        });
        let Some((value, digest)) = answer else {
            return self.challenged(now, (realm, peer), kind, false);
        };
        let (organization, name) = (organization.id, digest.username.to_string());
        let extension = self.directory.extension(organization, &name).filter(|e| e.enabled);
        let trunk = self.directory.trunk_by_digest(organization, &name);
        let who = self.claimant(organization, &digest, peer);
        if let Some(left) = self.guard.locked_for(now, &who.claimant, self.standing(extension, flow)) {
            return match who.given {
                Given::Nearby => self.challenged(now, (realm, peer), kind, true),
                Given::Here | Given::Elsewhere => {
                    Sender::Refused(too_many(left), Refusal::Locked { organization, name })
                }
            };
        }
        let who = who.claimant;
        let kept =
            extension.map(|e| &e.ha1).or_else(|| trunk.and_then(|t| t.digest_in.as_ref()).map(|d| &d.ha1));
        // An unknown name is checked against a hash that nothing matches, so that it costs as long and sounds the same.
        let ha1 = kept.map_or_else(|| self.challenger.decoy(&name), ha1_of);
        match self.challenger.verify(now, &request.method, (value, peer), &ha1) {
            Verdict::Ok => {
                self.guard.right(now, &who);
                match (extension, trunk) {
                    (Some(extension), _) => claim(request, extension, kind),
                    (None, Some(trunk)) => Sender::Trunk(trunk),
                    (None, None) => wrong_password(organization, name),
                }
            }
            // A count that came before is of a nonce that is used up: the phone may do with another (RFC 7616 §3.3, stale).
            Verdict::Stale | Verdict::Wrong(Wrong::Replay) => self.challenged(now, (realm, peer), kind, true),
            Verdict::Malformed => Sender::Refused(crate::call::status(400), Refusal::Malformed),
            Verdict::Wrong(Wrong::Response) => match self.guard.wrong(now, &who) {
                Guess::Counted => wrong_password(organization, name),
                Guess::Locks(time) => {
                    Sender::Refused(too_many(time), Refusal::Locks { organization, name, time })
                }
            },
            Verdict::Wrong(Wrong::Algorithm | Wrong::Qop) => {
                Sender::Refused(crate::call::status(403), Refusal::UnusableDigest { organization, name })
            }
        }
    }

    /// Against whom a wrong password counts.
    fn claimant(&self, organization: OrganizationId, digest: &Digest, peer: Peer) -> Answering {
        let given = self.challenger.given(digest, peer);
        let claimant = match given {
            Given::Nearby => Claimant::nearby,
            Given::Here | Given::Elsewhere => Claimant::new,
        };
        Answering { given, claimant: claimant(organization, &digest.username, peer.address) }
    }

    fn standing(&self, extension: Option<&Extension>, flow: &Flow) -> Standing {
        let Some(Extension { id, .. }) = extension else { return Standing::Stranger };
        match () {
            () if self.registrar.registered_from(*id, flow, self.wall_ms) => Standing::Registered,
            () if self.registrar.is_registered_at(*id, flow.remote.ip(), self.wall_ms) => Standing::Neighbour,
            () => Standing::Stranger,
        }
    }

    fn challenged(
        &mut self,
        now: Instant,
        (realm, peer): (&str, Peer),
        kind: Challenge,
        stale: bool,
    ) -> Sender<'d> {
        let mut reply = crate::call::status(kind.status());
        for value in self.challenger.challenge(now, realm, peer.address, stale) {
            reply = reply.with_header(kind.challenge_header(), value);
        }
        Sender::Refused(reply, Refusal::Challenged)
    }
}

fn wrong_password<'d>(organization: OrganizationId, name: String) -> Sender<'d> {
    Sender::Refused(crate::call::status(403), Refusal::WrongPassword { organization, name })
}

/// Whoever has shown too many wrong passwords is told when it is looked at the next one. 503 is the status that may say so of the one
/// who asks (RFC 3261 §20.33, §21.5.4), and phones come again after it by themselves: after 403 many give up until somebody
/// restarts them, and a new challenge they would answer at once and again.
fn too_many(left: Duration) -> Reply {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    let mut reply = crate::call::status(503).with_header(HeaderName::RetryAfter, seconds.to_string());
    reply.reason = Some("Too Many Wrong Passwords".to_owned());
    reply
}

/// A phone registers its own number only (RFC 3261 §10.3 step 3).
fn claim<'a>(request: &Request, extension: &'a Extension, kind: Challenge) -> Sender<'a> {
    let aor = request.headers.to().ok();
    let foreign = kind == Challenge::Www
        && aor.is_none_or(|to| to.uri.user().is_none_or(|user| user != extension.number.as_str()));
    match foreign {
        true => {
            let refusal =
                Refusal::Foreign { organization: extension.organization, name: extension.number.clone() };
            Sender::Refused(crate::call::status(403), refusal)
        }
        false => Sender::Extension(extension),
    }
}

pub fn ha1_of(pair: &Ha1Pair) -> Ha1 {
    Ha1 { md5: Some(pair.md5.clone()), sha256: Some(pair.sha256.clone()) }
}
