use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use bytes::Bytes;

use super::algorithm::hex;
use super::{Algorithm, Digest, Ha1, parse_credentials};
use crate::message::{Method, text};

/// What the server side may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthLimits {
    /// Nonces whose counts are remembered. At the limit the oldest is forgotten, and it and all
    /// older ones count as stale.
    pub tracked_nonces: usize,
}

impl Default for AuthLimits {
    fn default() -> Self {
        Self { tracked_nonces: 65_536 }
    }
}

/// What an Authorization value is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ok,
    /// The secret is right but the nonce too old, forgotten or of an earlier run: challenge again
    /// with `stale`.
    Stale,
    Wrong(Wrong),
    /// Not Digest, or a needed field is missing: 400.
    Malformed,
}

/// Why an answer is not accepted. For logs only: a peer learns nothing but 401 or 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The algorithm is unknown, or nothing is kept for it.
    Algorithm,
    /// Not qop=auth with nc and cnonce.
    Qop,
    /// The nonce count was used before, or is too far behind.
    Replay,
    /// The secret is wrong.
    Response,
}

/// The server side: makes nonces that need no memory until they are used, and checks answers.
///
/// A nonce is a time, a number and the address that it is for, signed together with the realm. Only a right answer makes an entry,
/// so that nobody without a secret can fill the memory.
#[derive(Debug)]
pub struct Challenger {
    key: hmac::Key,
    nonce_life: Duration,
    limits: AuthLimits,
    algorithms: Vec<Algorithm>,
    /// The moment that the times in nonces count from: the first `now` seen.
    epoch: Option<Instant>,
    next_number: u64,
    /// Numbers below this one are forgotten.
    floor: u64,
    used: BTreeMap<u64, Used>,
}

/// Which counts of a nonce came already (RFC 7616 §3.4, nc).
#[derive(Clone, Copy, Debug)]
struct Used {
    highest: u32,
    /// Bit n: count `highest - n` came. Requests over UDP overtake each other.
    seen: u64,
    made_ms: u64,
}

/// A nonce that we made.
struct Nonce {
    made_ms: u64,
    number: u64,
    /// Whom it was given to: see [`place_of`].
    place: u64,
}

/// Who asks or answers.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub address: IpAddr,
    /// Whether it stands there for certain: a handshake of TCP shows it, a datagram does not.
    pub is_certain: bool,
}

/// How far what a peer answers was given to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// To this address; or the peer stands where it says for certain.
    Here,
    /// To another address of its network: a phone behind a pool of addresses, or somebody who forges its neighbour's.
    Nearby,
    /// It is no nonce of ours, or one for another network.
    Elsewhere,
}

impl Challenger {
    /// `secret` signs the nonces: draw a fresh one at each start.
    pub fn new(secret: [u8; 32], nonce_life: Duration, limits: AuthLimits) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
            nonce_life,
            limits,
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            epoch: None,
            next_number: 0,
            floor: 0,
            used: BTreeMap::new(),
        }
    }

    /// Challenges with these only, in this order of preference (RFC 8760 §2.4). Without it: SHA-256, then MD5.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: Vec<Algorithm>) -> Self {
        self.algorithms = algorithms;
        self
    }

    /// The values for WWW-Authenticate or Proxy-Authenticate, a header for each algorithm. `peer` is who asked: over datagrams the
    /// nonce is good in its network alone.
    pub fn challenge(&mut self, now: Instant, realm: &str, peer: IpAddr, stale: bool) -> Vec<Bytes> {
        let nonce = Nonce { made_ms: self.millis(now), number: self.next_number, place: place_of(peer) };
        self.next_number += 1;
        let nonce = self.print_nonce(&nonce, realm);
        let stale = if stale { ", stale=true" } else { "" };
        let realm = text::quote(realm);
        self.algorithms
            .iter()
            .map(|algorithm| {
                let token = algorithm.token();
                format!("Digest realm={realm}, nonce=\"{nonce}\", algorithm={token}, qop=\"auth\"{stale}")
                    .into()
            })
            .collect()
    }

    /// Checks an Authorization or Proxy-Authorization value of `peer` against what is kept of the user.
    ///
    /// What answers no nonce of ours, or was given elsewhere ([`Given::Elsewhere`]), is [`Verdict::Stale`] whatever secret it was
    /// made with: so only who can hear us can guess, and only in his own network.
    ///
    /// Whether the `uri` field names the same thing as the request is for the caller, who knows
    /// which rewriting happened on the way.
    pub fn verify(
        &mut self,
        now: Instant,
        method: &Method,
        (authorization, peer): (&[u8], Peer),
        ha1: &Ha1,
    ) -> Verdict {
        let Some(digest) = parse_credentials(authorization) else { return Verdict::Malformed };
        let Some(count) = digest.count().filter(|_| is_auth(&digest)) else {
            return Verdict::Wrong(Wrong::Qop);
        };
        let Some((algorithm, ha1)) = digest.algorithm.and_then(|known| Some((known, ha1.get(known)?))) else {
            return Verdict::Wrong(Wrong::Algorithm);
        };
        let Some(nonce) = self.read_nonce(&digest).filter(|nonce| nonce.given(peer) != Given::Elsewhere)
        else {
            return Verdict::Stale;
        };
        let expected = expected_response(algorithm, ha1, method, &digest);
        let given = digest.response.to_ascii_lowercase();
        if verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_err() {
            return Verdict::Wrong(Wrong::Response);
        }
        self.admit(now, &nonce, count)
    }

    /// Whether what is answered here was given to this peer.
    pub fn given(&self, digest: &Digest, peer: Peer) -> Given {
        self.read_nonce(digest).map_or(Given::Elsewhere, |nonce| nonce.given(peer))
    }

    /// What to check against when the user is unknown: nobody can answer for it, and the answer takes
    /// as long as for a known one, so that names cannot be found out.
    pub fn decoy(&self, username: &str) -> Ha1 {
        let tag = hmac::sign(&self.key, &[b"decoy ", username.as_bytes()].concat());
        let whole = hex(tag.as_ref());
        Ha1 { md5: Some(whole.chars().take(32).collect()), sha256: Some(whole) }
    }

    /// Nonces whose counts are kept now.
    pub fn tracked(&self) -> usize {
        self.used.len()
    }

    /// Checks age and count of a nonce that was answered rightly.
    fn admit(&mut self, now: Instant, nonce: &Nonce, count: u32) -> Verdict {
        let now_ms = self.millis(now);
        self.forget_old(now_ms);
        let old = now_ms.saturating_sub(nonce.made_ms) > life_ms(self.nonce_life);
        if old || nonce.number < self.floor {
            return Verdict::Stale;
        }
        match self.used.get_mut(&nonce.number) {
            Some(used) => match used.take(count) {
                true => Verdict::Ok,
                false => Verdict::Wrong(Wrong::Replay),
            },
            None => {
                self.make_room();
                if nonce.number < self.floor {
                    return Verdict::Stale;
                }
                self.used.insert(nonce.number, Used { highest: count, seen: 1, made_ms: nonce.made_ms });
                Verdict::Ok
            }
        }
    }

    fn forget_old(&mut self, now_ms: u64) {
        let life = life_ms(self.nonce_life);
        while let Some(oldest) = self.used.first_entry()
            && now_ms.saturating_sub(oldest.get().made_ms) > life
        {
            oldest.remove();
        }
    }

    fn make_room(&mut self) {
        while self.used.len() >= self.limits.tracked_nonces.max(1) {
            let Some((oldest, _)) = self.used.pop_first() else { return };
            self.floor = oldest + 1;
        }
    }

    fn millis(&mut self, now: Instant) -> u64 {
        let epoch = *self.epoch.get_or_insert(now);
        life_ms(now.saturating_duration_since(epoch))
    }

    /// 64 hexadecimal digits, 24 of them the signature.
    fn print_nonce(&self, nonce: &Nonce, realm: &str) -> String {
        let Nonce { made_ms, number, place } = nonce;
        let head = format!("{made_ms:012x}{number:012x}{place:016x}");
        let tag = hmac::sign(&self.key, &[head.as_bytes(), realm.as_bytes()].concat());
        head + &hex(&tag.as_ref()[..12])
    }

    fn read_nonce(&self, digest: &Digest) -> Option<Nonce> {
        let printed: &str = &digest.nonce;
        let part = |range| u64::from_str_radix(printed.get(range)?, 16).ok();
        let nonce = Nonce { made_ms: part(0..12)?, number: part(12..24)?, place: part(24..40)? };
        let ours = self.print_nonce(&nonce, &digest.realm);
        verify_slices_are_equal(ours.as_bytes(), printed.as_bytes()).ok()?;
        Some(nonce)
    }
}

impl Nonce {
    /// A network is 24 bits of an IPv4 address: a phone behind a pool of addresses, and the two machines of a carrier, stay in one.
    fn given(&self, peer: Peer) -> Given {
        let place = place_of(peer.address);
        let is_v4 = |place: u64| place >> 32 == u64::from(V4_MARK);
        match () {
            () if peer.is_certain || self.place == place => Given::Here,
            () if is_v4(place) && self.place >> 8 == place >> 8 => Given::Nearby,
            () => Given::Elsewhere,
        }
    }
}

impl Used {
    /// Takes a count once; false when it came before or is more than 63 behind.
    fn take(&mut self, count: u32) -> bool {
        if count > self.highest {
            let ahead = count - self.highest;
            self.seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let bit = 1u64.checked_shl(self.highest - count).unwrap_or(0);
        let fresh = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

/// First half of the place of an IPv4 address; no network of IPv6 begins so (RFC 4291 §2.4).
const V4_MARK: u32 = 0x0400_0000;

/// An address in 64 bits: a whole one of IPv4, the network of one subscriber of IPv6.
fn place_of(peer: IpAddr) -> u64 {
    match peer.to_canonical() {
        IpAddr::V4(v4) => u64::from(V4_MARK) << 32 | u64::from(v4.to_bits()),
        IpAddr::V6(v6) => (v6.to_bits() >> 64) as u64,
    }
}

fn is_auth(digest: &Digest) -> bool {
    digest.cnonce.is_some() && digest.qop.as_deref().is_some_and(|qop| qop.eq_ignore_ascii_case("auth"))
}

/// RFC 7616 §3.4.1 with qop=auth.
fn expected_response(algorithm: Algorithm, ha1: &str, method: &Method, digest: &Digest) -> String {
    let ha2 = algorithm.hash(&[method.as_bytes(), digest.uri.as_bytes()]);
    let field = |field: &Option<String>| field.clone().unwrap_or_default();
    let (nc, cnonce, qop) = (field(&digest.nc), field(&digest.cnonce), field(&digest.qop));
    let parts = [ha1, &digest.nonce, &nc, &cnonce, &qop, &ha2];
    algorithm.hash(&parts.map(str::as_bytes))
}

fn life_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;
    use crate::auth::{Answerer, Credentials, Secret};

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const SEEN: Peer = Peer { address: PEER, is_certain: false };
    const LIFE: Duration = Duration::from_secs(300);

    fn challenger(tracked_nonces: usize) -> Challenger {
        Challenger::new([7; 32], LIFE, AuthLimits { tracked_nonces })
    }

    fn alice() -> Credentials {
        Credentials { realm: None, username: "alice".into(), secret: Secret::Password("pw".into()) }
    }

    fn stored() -> Ha1 {
        Ha1::of_password("alice", "example.org", "pw")
    }

    fn answer(answerer: &mut Answerer, challenges: &[Bytes], credentials: &Credentials) -> Bytes {
        let challenges: Vec<&[u8]> = challenges.iter().map(|value| &value[..]).collect();
        let mut rng = SmallRng::seed_from_u64(1);
        answerer.answer(&challenges, &Method::Register, "sip:example.org", credentials, &mut rng).unwrap()
    }

    #[test]
    fn a_right_answer_is_taken_once_for_each_count() {
        let (mut server, mut client, now) = (challenger(8), Answerer::new(), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        let first = answer(&mut client, &challenges, &alice());
        let second = answer(&mut client, &challenges, &alice());
        assert_eq!(server.verify(now, &Method::Register, (&second, SEEN), &stored()), Verdict::Ok);
        assert_eq!(server.verify(now, &Method::Register, (&first, SEEN), &stored()), Verdict::Ok);
        let replay = Verdict::Wrong(Wrong::Replay);
        assert_eq!(server.verify(now, &Method::Register, (&first, SEEN), &stored()), replay);
        assert_eq!(server.verify(now, &Method::Register, (&second, SEEN), &stored()), replay);
    }

    #[test]
    fn both_algorithms_are_offered_and_taken() {
        let (mut server, now) = (challenger(8), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        assert!(challenges[0].windows(7).any(|part| part == b"SHA-256"));
        for one in challenges.chunks(1) {
            let value = answer(&mut Answerer::new(), one, &alice());
            // The second algorithm uses the same nonce with the same count.
            let mut server = Challenger::new([7; 32], LIFE, AuthLimits::default());
            server.challenge(now, "example.org", PEER, false);
            assert_eq!(server.verify(now, &Method::Register, (&value, SEEN), &stored()), Verdict::Ok);
        }
    }

    #[test]
    fn a_wrong_password_method_or_decoy_is_refused() {
        let (mut server, now) = (challenger(8), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        let wrong = Verdict::Wrong(Wrong::Response);
        let other = Ha1::of_password("alice", "example.org", "other");
        assert_eq!(server.verify(now, &Method::Register, (&value, SEEN), &other), wrong);
        assert_eq!(server.verify(now, &Method::Invite, (&value, SEEN), &stored()), wrong);
        let decoy = server.decoy("alice");
        assert_eq!(server.verify(now, &Method::Register, (&value, SEEN), &decoy), wrong);
        assert_eq!(server.tracked(), 0, "a wrong answer must not take memory");
        assert_eq!(server.verify(now, &Method::Register, (&value, SEEN), &stored()), Verdict::Ok);
    }

    #[test]
    fn an_old_nonce_is_stale_and_leaves_no_memory() {
        let (mut server, now) = (challenger(8), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        let mut client = Answerer::new();
        let first = answer(&mut client, &challenges, &alice());
        assert_eq!(server.verify(now, &Method::Register, (&first, SEEN), &stored()), Verdict::Ok);
        let late = now + LIFE + Duration::from_millis(1);
        let second = answer(&mut client, &challenges, &alice());
        assert_eq!(server.verify(late, &Method::Register, (&second, SEEN), &stored()), Verdict::Stale);
        assert_eq!(server.tracked(), 0);
        let again = server.challenge(late, "example.org", PEER, true);
        assert!(again.iter().all(|value| value.ends_with(b", stale=true")));
    }

    #[test]
    fn a_nonce_of_an_earlier_run_is_stale_when_the_secret_is_right() {
        let now = Instant::now();
        let challenges =
            Challenger::new([1; 32], LIFE, AuthLimits::default()).challenge(now, "example.org", PEER, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        assert_eq!(challenger(8).verify(now, &Method::Register, (&value, SEEN), &stored()), Verdict::Stale);
    }

    #[test]
    fn what_another_network_was_asked_tells_nothing_of_the_secret() {
        let (mut server, now) = (challenger(8), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        let at = |peer: &str, is_certain| Peer { address: peer.parse().unwrap(), is_certain };
        let digest = parse_credentials(&value).unwrap();
        let given = |peer| server.given(&digest, peer);
        assert_eq!(given(at("192.0.2.1", false)), Given::Here);
        assert_eq!(given(at("192.0.2.77", false)), Given::Nearby);
        assert_eq!(given(at("198.51.100.1", false)), Given::Elsewhere);
        assert_eq!(given(at("198.51.100.1", true)), Given::Here);
        let mut verdict = |peer, ha1: &Ha1| server.verify(now, &Method::Register, (&value, peer), ha1);
        let other = Ha1::of_password("alice", "example.org", "other");
        assert_eq!(verdict(at("198.51.100.1", false), &stored()), Verdict::Stale);
        assert_eq!(verdict(at("198.51.100.1", false), &other), Verdict::Stale);
        assert_eq!(verdict(at("2001:db8::1", false), &other), Verdict::Stale);
        assert_eq!(verdict(at("192.0.2.77", false), &other), Verdict::Wrong(Wrong::Response));
        assert_eq!(verdict(at("198.51.100.1", true), &other), Verdict::Wrong(Wrong::Response));
        assert_eq!(verdict(at("::ffff:192.0.2.77", false), &stored()), Verdict::Ok);
    }

    #[test]
    fn a_network_of_ipv6_is_one_place_and_a_changed_nonce_is_none_of_ours() {
        let (mut server, now) = (challenger(8), Instant::now());
        let peer = |text: &str| Peer { address: text.parse().unwrap(), is_certain: false };
        let challenges = server.challenge(now, "example.org", peer("2001:db8:1:2::1").address, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        let mut digest = parse_credentials(&value).unwrap();
        assert_eq!(server.given(&digest, peer("2001:db8:1:2:ffff::9")), Given::Here);
        assert_eq!(server.given(&digest, peer("2001:db8:1:3::1")), Given::Elsewhere);
        assert_eq!(digest.nonce.len(), 64);
        let last = digest.nonce.pop().unwrap();
        digest.nonce.push(if last == '0' { '1' } else { '0' });
        assert_eq!(
            server.given(&digest, Peer { is_certain: true, ..peer("2001:db8:1:2::1") }),
            Given::Elsewhere
        );
    }

    #[test]
    fn the_oldest_nonce_is_forgotten_at_the_limit_and_stale_from_then_on() {
        let (mut server, now) = (challenger(2), Instant::now());
        let mut values = Vec::new();
        for _ in 0..3 {
            let challenges = server.challenge(now, "example.org", PEER, false);
            values.push(answer(&mut Answerer::new(), &challenges, &alice()));
        }
        for value in &values {
            assert_eq!(server.verify(now, &Method::Register, (value, SEEN), &stored()), Verdict::Ok);
        }
        assert_eq!(server.tracked(), 2);
        assert_eq!(server.verify(now, &Method::Register, (&values[0], SEEN), &stored()), Verdict::Stale);
        assert_eq!(
            server.verify(now, &Method::Register, (&values[1], SEEN), &stored()),
            Verdict::Wrong(Wrong::Replay)
        );
    }

    #[test]
    fn answers_without_qop_or_of_an_unkept_algorithm_are_refused() {
        let (mut server, now) = (challenger(8), Instant::now());
        let plain = b"Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\"";
        assert_eq!(
            server.verify(now, &Method::Register, (plain, SEEN), &stored()),
            Verdict::Wrong(Wrong::Qop)
        );
        let challenges = server.challenge(now, "example.org", PEER, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        let md5_only = Ha1 { sha256: None, ..stored() };
        assert_eq!(
            server.verify(now, &Method::Register, (&value, SEEN), &md5_only),
            Verdict::Wrong(Wrong::Algorithm)
        );
        assert_eq!(server.verify(now, &Method::Register, (b"Digest", SEEN), &stored()), Verdict::Malformed);
    }
}
