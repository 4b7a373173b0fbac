//! The registrar: phones tell where they can be reached (RFC 3261 §10.3).

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use ramal_sip::endpoint::Reply;
use ramal_sip::message::{HeaderName, Params, Rejection, Request, Uri};
use ramal_sip::registration::{Binding, Bindings, RegistrationLimits, parse_register};
use ramal_sip::transport::{ConnectionId, Flow};

use crate::guesses::subscriber;
use crate::model::{self, BindingFlow, Directory, Extension, ExtensionId, OrganizationId};
use crate::store::Fact;

/// The Bindings of every extension of this node.
pub struct Registrar {
    bindings: HashMap<ExtensionId, Bindings>,
    agents: HashMap<(ExtensionId, String), String>,
    /// Who registered over which connection, where the connection is the only way to the phone.
    by_connection: HashMap<ConnectionId, HashSet<ExtensionId>>,
    /// Organizations of which a browser has registered since the start.
    browsers: HashSet<OrganizationId>,
    limits: RegistrationLimits,
}

/// One registered phone, for operators.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RegistrationSummary {
    pub organization: String,
    pub number: String,
    pub contact: String,
    pub remote: String,
    pub transport: &'static str,
    pub expires_in_s: u64,
    pub user_agent: Option<String>,
}

impl Registrar {
    pub fn new(limits: RegistrationLimits) -> Self {
        Self {
            bindings: HashMap::new(),
            agents: HashMap::new(),
            by_connection: HashMap::new(),
            browsers: HashSet::new(),
            limits,
        }
    }

    /// Takes back what was stored before a restart. Streams did not survive it: only datagram flows are restored.
    pub fn restore(&mut self, stored: &[model::Binding], listeners: &super::listeners::Listeners) {
        for row in stored {
            let transport = transport_of(row.flow.transport);
            let Ok(uri) = Uri::parse(row.uri.as_bytes()) else { continue };
            if transport.is_reliable() {
                continue;
            }
            let Some(flow) = listeners.flow_to(transport, row.flow.remote) else { continue };
            let binding = Binding {
                uri,
                params: Params::new(),
                q_milli: 1000,
                call_id: row.call_id.clone(),
                cseq: row.cseq,
                expires_at_ms: row.expires_at_ms.max(0).unsigned_abs(),
                flow,
            };
            self.bindings.entry(row.extension).or_default().restore(binding);
        }
    }

    /// Carries out a REGISTER whose sender has proved to be `extension`; the reply, and the facts to store.
    pub fn register(
        &mut self,
        wall_ms: i64,
        extension: &Extension,
        request: &Request,
        flow: Flow,
        facts: &mut Vec<Fact>,
    ) -> Reply {
        match self.apply(wall_ms, extension, request, flow, facts) {
            Ok(reply) => reply,
            Err(rejection) => reply_of(rejection),
        }
    }

    fn apply(
        &mut self,
        wall_ms: i64,
        extension: &Extension,
        request: &Request,
        flow: Flow,
        facts: &mut Vec<Fact>,
    ) -> Result<Reply, Rejection> {
        let now_ms = wall_ms.max(0).unsigned_abs();
        let registration = parse_register(request, &self.limits)?;
        let limits =
            RegistrationLimits { max_bindings: extension.max_bindings as usize, ..self.limits.clone() };
        let bindings = self.bindings.entry(extension.id).or_default();
        let changes = bindings.apply(now_ms, &registration, flow, &limits)?;
        if let Some(id) = flow.connection.filter(|_| !flow.transport.can_connect()) {
            self.by_connection.entry(id).or_default().insert(extension.id);
            self.browsers.insert(extension.organization);
        }
        let agent = request.headers.get_str(&HeaderName::UserAgent).map(str::to_owned);
        for uri in changes.added.iter().chain(&changes.refreshed) {
            if let Some(agent) = &agent {
                self.agents.insert((extension.id, uri.to_string()), agent.clone());
            }
            let saved = bindings.active(now_ms).find(|b| b.uri == *uri);
            facts.extend(saved.map(|b| Fact::BindingSaved(Box::new(row(extension, b, agent.clone())))));
        }
        for uri in &changes.removed {
            self.agents.remove(&(extension.id, uri.to_string()));
            facts.push(Fact::BindingRemoved { extension: extension.id, uri: uri.to_string() });
        }
        let mut reply = crate::call::status(200);
        for contact in bindings.contact_values(now_ms) {
            reply = reply.with_header(HeaderName::Contact, contact);
        }
        Ok(reply)
    }

    /// Forgets the phones of extensions that are gone, disabled, renumbered or have another password now: they have to
    /// prove themselves again.
    pub fn follow(&mut self, old: &Directory, new: &Directory, facts: &mut Vec<Fact>) {
        let same = |id: ExtensionId| match (old.extension_by_id(id), new.extension_by_id(id)) {
            (Some(was), Some(is)) => is.enabled && was.number == is.number && was.ha1 == is.ha1,
            (None, Some(is)) => is.enabled,
            (_, None) => false,
        };
        for (id, gone) in self.bindings.iter().filter(|(id, _)| !same(**id)) {
            // Otherwise a restart would bring them back.
            let removed = |b: &Binding| Fact::BindingRemoved { extension: *id, uri: b.uri.to_string() };
            facts.extend(gone.active(0).map(removed));
        }
        self.bindings.retain(|id, _| same(*id));
        self.agents.retain(|(id, _), _| same(*id));
    }

    /// The live Bindings of an extension, best preference first.
    pub fn active(&self, extension: ExtensionId, wall_ms: i64) -> impl Iterator<Item = &Binding> {
        let now_ms = wall_ms.max(0).unsigned_abs();
        self.bindings.get(&extension).into_iter().flat_map(move |b| b.active(now_ms))
    }

    /// True if a browser of that organization has registered since the start.
    pub fn has_browsers(&self, organization: OrganizationId) -> bool {
        self.browsers.contains(&organization)
    }

    /// True if a phone of that extension registered over this flow.
    pub fn registered_from(&self, extension: ExtensionId, flow: &Flow, wall_ms: i64) -> bool {
        self.active(extension, wall_ms)
            .any(|b| b.flow.remote == flow.remote && b.flow.transport == flow.transport)
    }

    /// True if a phone of that extension registered from this address, whatever its port; a network of IPv6 counts as one address.
    pub fn is_registered_at(&self, extension: ExtensionId, source: IpAddr, wall_ms: i64) -> bool {
        self.active(extension, wall_ms).any(|b| subscriber(b.flow.remote.ip()) == subscriber(source))
    }

    /// A connection is closed: what was registered over it by a phone that we cannot connect to is gone (RFC 5626 §4.2).
    pub fn connection_lost(&mut self, flow: &Flow, facts: &mut Vec<Fact>) {
        let registered = flow.connection.and_then(|id| self.by_connection.remove(&id));
        for extension in registered.into_iter().flatten() {
            let Some(bindings) = self.bindings.get_mut(&extension) else { continue };
            for gone in bindings.remove_flow(flow) {
                self.agents.remove(&(extension, gone.uri.to_string()));
                facts.push(Fact::BindingRemoved { extension, uri: gone.uri.to_string() });
            }
            if bindings.is_empty() {
                self.bindings.remove(&extension);
            }
        }
    }

    /// Forgets what has expired.
    pub fn expire(&mut self, wall_ms: i64, facts: &mut Vec<Fact>) {
        let now_ms = wall_ms.max(0).unsigned_abs();
        for (extension, bindings) in &mut self.bindings {
            for gone in bindings.expire(now_ms) {
                self.agents.remove(&(*extension, gone.uri.to_string()));
                facts.push(Fact::BindingRemoved { extension: *extension, uri: gone.uri.to_string() });
            }
        }
        self.bindings.retain(|_, b| !b.is_empty());
    }

    pub fn count(&self, wall_ms: i64) -> usize {
        let now_ms = wall_ms.max(0).unsigned_abs();
        self.bindings.values().map(|b| b.active(now_ms).count()).sum()
    }

    pub fn summaries(&self, wall_ms: i64, directory: &Directory) -> Vec<RegistrationSummary> {
        let now_ms = wall_ms.max(0).unsigned_abs();
        let mut all = Vec::new();
        for (id, bindings) in &self.bindings {
            let Some(extension) = directory.extension_by_id(*id) else { continue };
            let organization = directory.organization(extension.organization).map(|o| o.name.clone());
            all.extend(bindings.active(now_ms).map(|b| RegistrationSummary {
                organization: organization.clone().unwrap_or_default(),
                number: extension.number.clone(),
                contact: b.uri.to_string(),
                remote: b.flow.remote.to_string(),
                transport: b.flow.transport.name(),
                expires_in_s: b.expires_at_ms.saturating_sub(now_ms) / 1000,
                user_agent: self.agents.get(&(*id, b.uri.to_string())).cloned(),
            }));
        }
        all.sort_by(|a, b| (&a.organization, &a.number).cmp(&(&b.organization, &b.number)));
        all
    }
}

/// A refusal as a reply.
pub fn reply_of(rejection: Rejection) -> Reply {
    Reply {
        status: rejection.status,
        reason: Some(rejection.reason.into_owned()),
        headers: rejection.headers,
        body: None,
    }
}

fn row(extension: &Extension, binding: &Binding, user_agent: Option<String>) -> model::Binding {
    model::Binding {
        organization: extension.organization,
        extension: extension.id,
        uri: binding.uri.to_string(),
        flow: BindingFlow {
            transport: model_transport(binding.flow.transport),
            local: binding.flow.local,
            remote: binding.flow.remote,
            connection: binding.flow.connection.map(|ConnectionId(number)| number),
        },
        call_id: binding.call_id.clone(),
        cseq: binding.cseq,
        expires_at_ms: i64::try_from(binding.expires_at_ms).unwrap_or(i64::MAX),
        user_agent,
        instance: binding.params.get_unquoted("+sip.instance").map(|v| v.into_owned()),
        path: None,
    }
}

pub fn transport_of(transport: model::Transport) -> ramal_sip::transport::Transport {
    match transport {
        model::Transport::Tcp => ramal_sip::transport::Transport::Tcp,
        model::Transport::Tls => ramal_sip::transport::Transport::Tls,
        model::Transport::Udp => ramal_sip::transport::Transport::Udp,
        model::Transport::Ws => ramal_sip::transport::Transport::Ws,
        model::Transport::Wss => ramal_sip::transport::Transport::Wss,
    }
}

fn model_transport(transport: ramal_sip::transport::Transport) -> model::Transport {
    match transport {
        ramal_sip::transport::Transport::Tcp => model::Transport::Tcp,
        ramal_sip::transport::Transport::Tls => model::Transport::Tls,
        ramal_sip::transport::Transport::Udp => model::Transport::Udp,
        ramal_sip::transport::Transport::Ws => model::Transport::Ws,
        ramal_sip::transport::Transport::Wss => model::Transport::Wss,
    }
}
