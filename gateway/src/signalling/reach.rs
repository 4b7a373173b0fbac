//! Where a party can be reached now: the registrar's Bindings, the trunks' addresses.

use ramal_media::sdp::SrtpPolicy;
use ramal_sip::message::Uri;
use ramal_sip::transport::Flow;

use super::listeners::Listeners;
use super::registrar::{Registrar, transport_of};
use super::trunk::Trunks;
use crate::call::{EndReason, Party, Reach, Target};
use crate::model::{self, Extension, Trunk};

pub struct Reachable<'a> {
    pub registrar: &'a Registrar,
    pub trunks: &'a Trunks,
    pub listeners: &'a Listeners,
    pub wall_ms: i64,
}

impl Reach for Reachable<'_> {
    fn extension(&self, extension: &Extension) -> Vec<Target> {
        let target = |binding: &ramal_sip::registration::Binding| Target {
            party: Party::Extension { id: extension.id, number: extension.number.clone() },
            uri: binding.uri.clone(),
            flow: binding.flow,
            contact: self.contact(&binding.flow, ""),
            credentials: None,
            srtp: SrtpPolicy::Off,
            srtp_retry: Some(SrtpPolicy::Required),
        };
        self.registrar.active(extension.id, self.wall_ms).map(target).collect()
    }

    fn trunk(&self, trunk: &Trunk, number: &str) -> Result<Target, EndReason> {
        let flow = self.trunks.flow(trunk, self.listeners).ok_or(EndReason::TrunkUnreachable)?;
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
            srtp: first_offer(trunk.srtp),
            srtp_retry: (trunk.srtp == model::SrtpPolicy::Offered).then_some(SrtpPolicy::Off),
        })
    }

    fn contact(&self, flow: &Flow, user: &str) -> Uri {
        self.listeners.contact(flow, user)
    }
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
