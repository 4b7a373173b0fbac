//! Who sent this request: an extension that proves it by digest, a trunk by its address or by digest,
//! or nobody we know.

use std::time::Instant;

use ramal_sip::auth::{Challenger, Ha1, Verdict, parse_credentials};
use ramal_sip::endpoint::Reply;
use ramal_sip::message::{HeaderName, Request};
use ramal_sip::transport::Flow;

use super::listeners::Listeners;
use crate::model::{Directory, Extension, Ha1Pair, Organization, Trunk};

/// The sender of a request.
pub enum Sender<'a> {
    Extension(&'a Extension),
    Trunk(&'a Trunk),
    /// Not known yet, or not allowed: answer with this.
    Refused(Reply),
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
        self.by_digest(now, request, Challenge::Proxy)
    }

    /// A REGISTER: extensions only, always by digest.
    pub fn identify_registering(&mut self, now: Instant, request: &Request) -> Sender<'d> {
        match self.by_digest(now, request, Challenge::Www) {
            Sender::Trunk(_) => Sender::Refused(crate::call::status(403)),
            sender => sender,
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

    /// Whether it brings a password at all, for whatever realm.
    pub fn has_credentials(&self, request: &Request) -> bool {
        let names = [HeaderName::ProxyAuthorization, HeaderName::Authorization];
        names.iter().any(|name| request.headers.all(name).next().is_some())
    }

    fn by_digest(&mut self, now: Instant, request: &Request, kind: Challenge) -> Sender<'d> {
        let Some(organization) = self.organization(request) else {
            return Sender::Refused(crate::call::status(403));
        };
        let realm = &organization.sip_domain;
        let names = [HeaderName::ProxyAuthorization, HeaderName::Authorization];
        let answer = names.iter().flat_map(|name| request.headers.all(name)).find_map(|value| {
            let digest = parse_credentials(value)?;
            (digest.realm == *realm).then(|| (value, digest.username.to_string()))
        });
        let Some((value, username)) = answer else {
            return Sender::Refused(self.challenge(now, realm, kind, false));
        };
        let extension = self.directory.extension(organization.id, &username).filter(|e| e.enabled);
        let trunk = self.directory.trunk_by_digest(organization.id, &username);
        let kept =
            extension.map(|e| &e.ha1).or_else(|| trunk.and_then(|t| t.digest_in.as_ref()).map(|d| &d.ha1));
        // An unknown name is checked against a hash that nothing matches, so that it costs as long and sounds the same.
        let ha1 = kept.map_or_else(|| self.challenger.decoy(&username), ha1_of);
        match self.challenger.verify(now, &request.method, value, &ha1) {
            Verdict::Ok => match (extension, trunk) {
                (Some(extension), _) => claim(request, extension, kind),
                (None, Some(trunk)) => Sender::Trunk(trunk),
                (None, None) => Sender::Refused(crate::call::status(403)),
            },
            Verdict::Stale => Sender::Refused(self.challenge(now, realm, kind, true)),
            Verdict::Malformed => Sender::Refused(crate::call::status(400)),
            Verdict::Wrong(_) => Sender::Refused(crate::call::status(403)),
        }
    }

    fn challenge(&mut self, now: Instant, realm: &str, kind: Challenge, stale: bool) -> Reply {
        let mut reply = crate::call::status(kind.status());
        for value in self.challenger.challenge(now, realm, stale) {
            reply = reply.with_header(kind.challenge_header(), value);
        }
        reply
    }
}

/// A phone registers its own number only (RFC 3261 §10.3 step 3).
fn claim<'a>(request: &Request, extension: &'a Extension, kind: Challenge) -> Sender<'a> {
    let aor = request.headers.to().ok();
    let foreign = kind == Challenge::Www
        && aor.is_none_or(|to| to.uri.user().is_none_or(|user| user != extension.number.as_str()));
    match foreign {
        true => Sender::Refused(crate::call::status(403)),
        false => Sender::Extension(extension),
    }
}

pub fn ha1_of(pair: &Ha1Pair) -> Ha1 {
    Ha1 { md5: Some(pair.md5.clone()), sha256: Some(pair.sha256.clone()) }
}
