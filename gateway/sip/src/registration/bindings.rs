use crate::message::{Contacts, Header, HeaderName, NameAddr, Params, Rejection, Request, StatusCode, Uri};
use crate::transport::Flow;

/// What a registrar grants.
#[derive(Clone, Debug)]
pub struct RegistrationLimits {
    /// A shorter wish is refused with 423 (RFC 3261 §10.3).
    pub min_expires_s: u32,
    /// A longer wish is cut to this.
    pub max_expires_s: u32,
    /// Where no wish is told.
    pub default_expires_s: u32,
    /// Bindings of one address of record.
    pub max_bindings: usize,
}

impl Default for RegistrationLimits {
    fn default() -> Self {
        Self { min_expires_s: 60, max_expires_s: 7_200, default_expires_s: 3_600, max_bindings: 10 }
    }
}

/// A REGISTER, understood.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The address of record, from To.
    pub aor: Uri,
    pub call_id: String,
    pub cseq: u32,
    pub change: RegistrationChange,
}

/// What a REGISTER asks for.
#[derive(Clone, Debug)]
pub enum RegistrationChange {
    /// No Contact: the Bindings are asked for.
    Query,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    Update(Vec<ContactUpdate>),
}

/// One Contact of a REGISTER.
#[derive(Clone, Debug)]
pub struct ContactUpdate {
    pub uri: Uri,
    /// Granted seconds; 0 removes.
    pub expires_s: u32,
    /// Preference in thousandths, 0 to 1000.
    pub q_milli: u16,
    /// All parameters but `expires` and `q`; among them `+sip.instance` and `reg-id` (RFC 5626 §4.1).
    pub params: Params,
}

/// Where a phone can be reached now.
#[derive(Clone, Debug)]
pub struct Binding {
    pub uri: Uri,
    pub params: Params,
    pub q_milli: u16,
    pub call_id: String,
    pub cseq: u32,
    /// Milliseconds of the caller's clock.
    pub expires_at_ms: u64,
    /// The way the REGISTER came; requests to the phone go back over it.
    pub flow: Flow,
}

/// The Bindings of one address of record.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    bindings: Vec<Binding>,
}

/// What a REGISTER did.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub added: Vec<Uri>,
    pub refreshed: Vec<Uri>,
    pub removed: Vec<Uri>,
}

/// Understands a REGISTER (RFC 3261 §10.3), or says with which status to refuse it.
///
/// # Errors 400 where To, Call-ID, CSeq or Contact cannot be understood, 403 for too many Contacts, 423 for
/// a wish below the minimum.
pub fn parse_register(request: &Request, limits: &RegistrationLimits) -> Result<Registration, Rejection> {
    let headers = &request.headers;
    let bad = |what: &'static str| Rejection::because(StatusCode::BAD_REQUEST, what);
    let to = headers.to().map_err(|_| bad("Malformed To"))?;
    let cseq = headers.cseq().map_err(|_| bad("Malformed CSeq"))?;
    let call_id = headers.call_id().ok_or_else(|| bad("Missing Call-ID"))?;
    let change = match headers.contacts().map_err(|_| bad("Malformed Contact"))? {
        Contacts::Star if headers.expires() == Some(0) => RegistrationChange::RemoveAll,
        Contacts::Star => return Err(bad("Star Without Expires 0")),
        Contacts::List(list) if list.is_empty() => RegistrationChange::Query,
        Contacts::List(list) if list.len() > limits.max_bindings => return Err(too_many()),
        Contacts::List(list) => {
            let update = |contact| contact_update(contact, headers.expires(), limits);
            RegistrationChange::Update(list.into_iter().map(update).collect::<Result<_, _>>()?)
        }
    };
    // Parameters are no part of an address of record (§10.3 step 5).
    Ok(Registration { aor: to.uri.without_params(), call_id: call_id.to_owned(), cseq: cseq.number, change })
}

fn contact_update(
    contact: NameAddr,
    header_expires_s: Option<u32>,
    limits: &RegistrationLimits,
) -> Result<ContactUpdate, Rejection> {
    if !contact.uri.is_sip() {
        return Err(Rejection::because(StatusCode::BAD_REQUEST, "Contact Is No SIP URI"));
    }
    let NameAddr { uri, mut params, .. } = contact;
    let own = params.get("expires").map(|text| text.parse::<u32>().unwrap_or(limits.default_expires_s));
    let wished_s = own.or(header_expires_s).unwrap_or(limits.default_expires_s);
    if wished_s != 0 && wished_s < limits.min_expires_s {
        let min = Header::new(HeaderName::MinExpires, limits.min_expires_s.to_string());
        return Err(Rejection::new(StatusCode::INTERVAL_TOO_BRIEF).with(min));
    }
    let q_milli = params.get("q").map_or(1000, q_milli);
    params.remove("expires");
    params.remove("q");
    Ok(ContactUpdate { uri, expires_s: wished_s.min(limits.max_expires_s), q_milli, params })
}

/// `0.7` is 700; what is no qvalue (RFC 3261 §25.1) counts as the highest.
fn q_milli(text: &str) -> u16 {
    let q: f32 = text.parse().unwrap_or(1.0);
    // Within 0 to 1000 by the clamp, and NaN becomes 0.
    (q.clamp(0.0, 1.0) * 1000.0).round() as u16
}

fn too_many() -> Rejection {
    Rejection::because(StatusCode::FORBIDDEN, "Too Many Bindings")
}

impl Bindings {
    pub fn new() -> Self {
        Self::default()
    }

    /// Carries out a REGISTER, all of it or nothing (RFC 3261 §10.3 step 7).
    ///
    /// # Errors
    /// 500 where a newer REGISTER of the same Call-ID was there already, 403 for one Binding too many.
    pub fn apply(
        &mut self,
        now_ms: u64,
        registration: &Registration,
        flow: Flow,
        limits: &RegistrationLimits,
    ) -> Result<Changes, Rejection> {
        let mut next: Vec<Binding> = self.active(now_ms).cloned().collect();
        let mut changes = Changes::default();
        match &registration.change {
            RegistrationChange::Query => return Ok(changes),
            RegistrationChange::RemoveAll => {
                if next.iter().any(|binding| is_outdated(registration, binding)) {
                    return Err(outdated());
                }
                changes.removed = next.drain(..).map(|binding| binding.uri).collect();
            }
            RegistrationChange::Update(updates) => {
                for update in updates {
                    change_one(&mut next, &mut changes, (now_ms, flow), (registration, update))?;
                }
            }
        }
        if next.len() > limits.max_bindings {
            return Err(too_many());
        }
        self.bindings = next;
        Ok(changes)
    }

    /// Removes what has expired and returns it.
    pub fn expire(&mut self, now_ms: u64) -> Vec<Binding> {
        let (kept, expired) =
            std::mem::take(&mut self.bindings).into_iter().partition(|b| b.expires_at_ms > now_ms);
        self.bindings = kept;
        expired
    }

    /// Removes what was registered over a connection that is closed, and returns it.
    pub fn remove_flow(&mut self, flow: &Flow) -> Vec<Binding> {
        self.bindings.extract_if(.., |binding| binding.flow == *flow).collect()
    }

    /// Takes a Binding back from storage, after a restart.
    pub fn restore(&mut self, binding: Binding) {
        self.bindings.push(binding);
    }

    /// The Bindings that hold at `now_ms`, the most recent last.
    pub fn active(&self, now_ms: u64) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.expires_at_ms > now_ms)
    }

    /// The values of Contact for the 200 to a REGISTER (RFC 3261 §10.3 step 8).
    pub fn contact_values(&self, now_ms: u64) -> Vec<String> {
        let value = |binding: &Binding| {
            let left_s = (binding.expires_at_ms - now_ms).div_ceil(1000);
            let q = match binding.q_milli {
                1000 => String::new(),
                milli => format!(";q=0.{milli:03}"),
            };
            format!("<{}>{}{q};expires={left_s}", binding.uri, binding.params)
        };
        self.active(now_ms).map(value).collect()
    }

    /// When `expire` has to be called next, in milliseconds.
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.bindings.iter().map(|binding| binding.expires_at_ms).min()
    }

    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }
}

fn change_one(
    bindings: &mut Vec<Binding>,
    changes: &mut Changes,
    (now_ms, flow): (u64, Flow),
    (registration, update): (&Registration, &ContactUpdate),
) -> Result<(), Rejection> {
    let place = bindings.iter().position(|binding| is_same(binding, update));
    if place.is_some_and(|at| is_outdated(registration, &bindings[at])) {
        return Err(outdated());
    }
    let old = place.map(|at| bindings.remove(at));
    if update.expires_s == 0 {
        changes.removed.extend(old.map(|binding| binding.uri));
        return Ok(());
    }
    match old {
        Some(_) => changes.refreshed.push(update.uri.clone()),
        None => changes.added.push(update.uri.clone()),
    }
    bindings.push(Binding {
        uri: update.uri.clone(),
        params: update.params.clone(),
        q_milli: update.q_milli,
        call_id: registration.call_id.clone(),
        cseq: registration.cseq,
        expires_at_ms: now_ms.saturating_add(u64::from(update.expires_s) * 1000),
        flow,
    });
    Ok(())
}

/// The same phone: the same URI (RFC 3261 §19.1.4), or the same instance and flow number, whatever its
/// address is now (RFC 5626 §6).
fn is_same(binding: &Binding, update: &ContactUpdate) -> bool {
    let instance = |params: &Params| params.get("+sip.instance").map(str::to_owned);
    let reg_id = |params: &Params| params.get("reg-id").map(str::to_owned);
    let same_instance = instance(&binding.params).is_some()
        && reg_id(&binding.params).is_some()
        && instance(&binding.params) == instance(&update.params)
        && reg_id(&binding.params) == reg_id(&update.params);
    same_instance || binding.uri.is_equivalent(&update.uri)
}

/// Whether the REGISTER is older than what it would change.
fn is_outdated(registration: &Registration, binding: &Binding) -> bool {
    registration.call_id == binding.call_id && registration.cseq <= binding.cseq
}

fn outdated() -> Rejection {
    Rejection::because(StatusCode::SERVER_INTERNAL_ERROR, "CSeq Out Of Order")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::message::{Limits, Message};
    use crate::transport::Transport;

    const LIMITS: RegistrationLimits = RegistrationLimits {
        min_expires_s: 60,
        max_expires_s: 7200,
        default_expires_s: 3600,
        max_bindings: 3,
    };

    fn flow() -> Flow {
        let address = std::net::SocketAddr::from(([192, 0, 2, 1], 5060));
        Flow { transport: Transport::Udp, local: address, remote: address, connection: None }
    }

    fn register(cseq: u32, more: &str) -> Result<Registration, Rejection> {
        register_as("call", cseq, more)
    }

    fn register_as(call_id: &str, cseq: u32, more: &str) -> Result<Registration, Rejection> {
        let text = format!(
            "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n\
             From: <sip:100@example.com>;tag=1\r\nTo: <sip:100@example.com;user=phone>\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq} REGISTER\r\n{more}Content-Length: 0\r\n\r\n"
        );
        let Ok(Message::Request(request)) = Message::parse(Bytes::from(text), &Limits::default()) else {
            panic!("a request")
        };
        parse_register(&request, &LIMITS)
    }

    fn applied(
        bindings: &mut Bindings,
        now_ms: u64,
        registration: Result<Registration, Rejection>,
    ) -> Result<Changes, Rejection> {
        bindings.apply(now_ms, &registration?, flow(), &LIMITS)
    }

    fn status(result: Result<Changes, Rejection>) -> u16 {
        result.map_or_else(|rejection| rejection.status.as_u16(), |_| 200)
    }

    #[test]
    fn two_phones_register_refresh_and_expire() {
        let mut bindings = Bindings::new();
        let one = "Contact: <sip:100@192.0.2.1>;expires=120;q=0.5\r\n";
        let two = "Contact: <sip:100@192.0.2.2>;expires=100\r\n";
        let changes = applied(&mut bindings, 0, register_as("a", 1, one)).expect("granted");
        assert_eq!(changes.added.len(), 1);
        applied(&mut bindings, 0, register_as("b", 1, two)).expect("granted");
        let changes = applied(&mut bindings, 50_000, register_as("a", 2, one)).expect("granted");
        assert_eq!((changes.refreshed.len(), changes.added.len()), (1, 0));
        let values = bindings.contact_values(50_000);
        assert_eq!(values, ["<sip:100@192.0.2.2>;expires=50", "<sip:100@192.0.2.1>;q=0.500;expires=120"]);
        assert_eq!(bindings.next_expiry_ms(), Some(100_000));
        assert_eq!(bindings.expire(100_000).len(), 1);
        assert_eq!(bindings.active(170_000).count(), 0);
    }

    #[test]
    fn wish_below_the_minimum_is_told_the_minimum() {
        let rejection = register(1, "Contact: <sip:100@192.0.2.1>;expires=10\r\n").expect_err("too brief");
        assert_eq!(rejection.status.as_u16(), 423);
        assert_eq!(rejection.headers[0], Header::new(HeaderName::MinExpires, "60"));
    }

    #[test]
    fn wish_above_the_maximum_is_cut_and_a_missing_one_is_the_default() {
        let expiry = |more| match register(1, more).expect("understood").change {
            RegistrationChange::Update(updates) => updates[0].expires_s,
            other => panic!("{other:?}"),
        };
        assert_eq!(expiry("Contact: <sip:100@192.0.2.1>\r\nExpires: 99999\r\n"), 7200);
        assert_eq!(expiry("Contact: <sip:100@192.0.2.1>\r\n"), 3600);
        assert_eq!(expiry("Contact: <sip:100@192.0.2.1>;expires=junk\r\nExpires: 100\r\n"), 3600);
    }

    #[test]
    fn star_removes_all_only_with_expires_0_and_alone() {
        let mut bindings = Bindings::new();
        applied(&mut bindings, 0, register(1, "Contact: <sip:100@192.0.2.1>, <sip:100@192.0.2.2>\r\n"))
            .expect("granted");
        let refused = |more| register(9, more).expect_err("refused").status.as_u16();
        assert_eq!(refused("Contact: *\r\n"), 400);
        assert_eq!(refused("Contact: *\r\nExpires: 60\r\n"), 400);
        assert_eq!(refused("Contact: *, <sip:100@192.0.2.1>\r\nExpires: 0\r\n"), 400);
        assert_eq!(status(applied(&mut bindings, 1, register(1, "Contact: *\r\nExpires: 0\r\n"))), 500);
        let changes =
            applied(&mut bindings, 1, register(2, "Contact: *\r\nExpires: 0\r\n")).expect("removed");
        assert_eq!(changes.removed.len(), 2);
        assert!(bindings.is_empty());
    }

    #[test]
    fn older_register_changes_nothing() {
        let mut bindings = Bindings::new();
        let contact = "Contact: <sip:100@192.0.2.1>\r\n";
        applied(&mut bindings, 0, register(5, contact)).expect("granted");
        assert_eq!(status(applied(&mut bindings, 1, register(5, contact))), 500);
        assert_eq!(
            status(applied(
                &mut bindings,
                1,
                register(4, "Contact: <sip:100@192.0.2.9>, <sip:100@192.0.2.1>\r\n")
            )),
            500
        );
        assert_eq!(bindings.active(1).count(), 1);
    }

    #[test]
    fn expires_0_removes_one_and_a_query_removes_none() {
        let mut bindings = Bindings::new();
        applied(&mut bindings, 0, register(1, "Contact: <sip:100@192.0.2.1>, <sip:100@192.0.2.2>\r\n"))
            .expect("granted");
        assert_eq!(status(applied(&mut bindings, 1, register(2, ""))), 200);
        let changes = applied(&mut bindings, 1, register(3, "Contact: <sip:100@192.0.2.1>;expires=0\r\n"))
            .expect("removed");
        assert_eq!((changes.removed.len(), bindings.active(1).count()), (1, 1));
    }

    #[test]
    fn one_binding_too_many_is_refused() {
        let mut bindings = Bindings::new();
        for last in 1..=3 {
            let contact = format!("Contact: <sip:100@192.0.2.{last}>\r\n");
            applied(&mut bindings, 0, register(last, &contact)).expect("granted");
        }
        assert_eq!(status(applied(&mut bindings, 0, register(9, "Contact: <sip:100@192.0.2.9>\r\n"))), 403);
        assert_eq!(bindings.active(0).count(), 3);
    }

    #[test]
    fn phone_with_an_instance_takes_its_own_place_from_a_new_address() {
        let mut bindings = Bindings::new();
        let instance = ";+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n";
        applied(&mut bindings, 0, register_as("a", 1, &format!("Contact: <sip:100@192.0.2.1>{instance}")))
            .expect("granted");
        applied(&mut bindings, 0, register_as("b", 1, &format!("Contact: <sip:100@192.0.2.7>{instance}")))
            .expect("granted");
        let uris: Vec<String> = bindings.active(0).map(|binding| binding.uri.to_string()).collect();
        assert_eq!(uris, ["sip:100@192.0.2.7"]);
    }

    #[test]
    fn address_of_record_has_no_parameters() {
        assert_eq!(register(1, "").expect("understood").aor.to_string(), "sip:100@example.com");
    }
}
