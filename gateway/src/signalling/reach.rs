//! Where a party can be reached now: the registrar's Bindings, the trunks' addresses.

use ramal_media::sdp::SrtpPolicy;
use ramal_sip::message::Uri;
use ramal_sip::transport::Flow;

use super::listeners::Listeners;
use super::registrar::{Registrar, transport_of};
use super::seats::Seats;
use super::trunk::Trunks;
use crate::call::{EndReason, MediaKind, MediaPlane, Party, Place, Reach, Target};
use crate::model::{self, Extension, OrganizationId, Trunk};

pub struct Reachable<'a> {
    pub registrar: &'a Registrar,
    pub trunks: &'a Trunks,
    pub listeners: &'a Listeners,
    pub seats: &'a Seats,
    pub media: &'a dyn MediaPlane,
    pub wall_ms: i64,
}

impl Reach for Reachable<'_> {
    fn extension(&self, extension: &Extension) -> Vec<Place> {
        let target = |binding: &ramal_sip::registration::Binding| Target {
            party: Party::Extension { id: extension.id, number: extension.number.clone() },
            uri: binding.uri.clone(),
            flow: binding.flow,
            contact: self.contact(&binding.flow, ""),
            credentials: None,
            others: Vec::new(),
            media: first_kind(&binding.flow),
            retry: Some(second_kind(&binding.flow)),
        };
        let phones = self.registrar.active(extension.id, self.wall_ms).map(target);
        let seat = self.seats.place(extension.id).map(|seat| Place::Seat(Box::new(seat)));
        phones.map(|target| Place::Phone(Box::new(target))).chain(seat).collect()
    }

    fn browsers_worker(&self, organization: OrganizationId) -> Option<usize> {
        let has_any = self.registrar.has_browsers(organization) || self.seats.has_any(organization);
        has_any.then(|| self.media.home_of(organization))
    }

    fn trunk(&self, trunk: &Trunk, number: &str) -> Result<Target, EndReason> {
        let mut flows = self.trunks.flows(trunk, self.listeners).into_iter();
        let flow = flows.next().ok_or(EndReason::TrunkUnreachable)?;
        let uri = Uri::sip(Some(number), &trunk.host, trunk.port);
        let uri = match trunk.transport {
            model::Transport::Udp => uri,
            other => uri.with_param("transport", Some(transport_of(other).uri_param())),
        };
        let user = trunk.register.as_ref().map_or("", |r| r.contact_user.as_str());
        Ok(Target {
            party: Party::Trunk { id: trunk.id, name: trunk.name.clone(), number: number.to_owned() },
            uri,
            flow,
            contact: self.contact(&flow, user),
            credentials: self.trunks.credentials(trunk.id),
            others: flows.collect(),
            media: MediaKind::Rtp(first_offer(trunk.srtp)),
            retry: (trunk.srtp == model::SrtpPolicy::Offered).then_some(MediaKind::Rtp(SrtpPolicy::Off)),
        })
    }

    fn contact(&self, flow: &Flow, user: &str) -> Uri {
        self.listeners.contact(flow, user)
    }
}

/// What a phone is offered first. One on a WebSocket is a browser.
fn first_kind(flow: &Flow) -> MediaKind {
    if flow.transport.can_connect() { MediaKind::Rtp(SrtpPolicy::Off) } else { MediaKind::WebRtc }
}

/// What a phone is offered if it refuses that: it wants encryption, or is no browser after all.
fn second_kind(flow: &Flow) -> MediaKind {
    let srtp = if flow.transport.can_connect() { SrtpPolicy::Required } else { SrtpPolicy::Off };
    MediaKind::Rtp(srtp)
}

/// What our offer to a trunk says first: encryption where it is allowed.
fn first_offer(policy: model::SrtpPolicy) -> SrtpPolicy {
    match policy {
        model::SrtpPolicy::Off => SrtpPolicy::Off,
        model::SrtpPolicy::Offered | model::SrtpPolicy::Required => SrtpPolicy::Required,
    }
}

/// What we take of a trunk's offers.
pub fn srtp_policy(policy: model::SrtpPolicy) -> SrtpPolicy {
    match policy {
        model::SrtpPolicy::Off => SrtpPolicy::Off,
        model::SrtpPolicy::Offered => SrtpPolicy::Offered,
        model::SrtpPolicy::Required => SrtpPolicy::Required,
    }
}
