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
/// A nonce is a time and a number, signed together with the realm and the network that it is for. Only a right answer makes an
/// entry, so that nobody without a secret can fill the memory.
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

    /// The values for WWW-Authenticate or Proxy-Authenticate, a header for each algorithm. `peer` is who asked: the nonce is good
    /// in its network alone.
    pub fn challenge(&mut self, now: Instant, realm: &str, peer: IpAddr, stale: bool) -> Vec<Bytes> {
        let nonce = Nonce { made_ms: self.millis(now), number: self.next_number };
        self.next_number += 1;
        let nonce = self.print_nonce(&nonce, realm, peer);
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
    /// What answers no nonce of ours, or one that another network was given, is [`Verdict::Stale`] whatever secret it was made
    /// with: so only who can hear us can guess, and only under his own address.
    ///
    /// Whether the `uri` field names the same thing as the request is for the caller, who knows
    /// which rewriting happened on the way.
    pub fn verify(
        &mut self,
        now: Instant,
        method: &Method,
        (authorization, peer): (&[u8], IpAddr),
        ha1: &Ha1,
    ) -> Verdict {
        let Some(digest) = parse_credentials(authorization) else { return Verdict::Malformed };
        let Some(count) = digest.count().filter(|_| is_auth(&digest)) else {
            return Verdict::Wrong(Wrong::Qop);
        };
        let Some((algorithm, ha1)) = digest.algorithm.and_then(|known| Some((known, ha1.get(known)?))) else {
            return Verdict::Wrong(Wrong::Algorithm);
        };
        let Some(nonce) = self.read_nonce(&digest.nonce, &digest.realm, peer) else { return Verdict::Stale };
        let expected = expected_response(algorithm, ha1, method, &digest);
        let given = digest.response.to_ascii_lowercase();
        if verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_err() {
            return Verdict::Wrong(Wrong::Response);
        }
        self.admit(now, &nonce, count)
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

    fn print_nonce(&self, nonce: &Nonce, realm: &str, peer: IpAddr) -> String {
        let head = [nonce.made_ms.to_be_bytes(), nonce.number.to_be_bytes()].concat();
        let tag = hmac::sign(&self.key, &[&head, &network_of(peer)[..], realm.as_bytes()].concat());
        hex(&head) + &hex(&tag.as_ref()[..16])
    }

    fn read_nonce(&self, printed: &str, realm: &str, peer: IpAddr) -> Option<Nonce> {
        let part = |range| u64::from_str_radix(printed.get(range)?, 16).ok();
        let nonce = Nonce { made_ms: part(0..16)?, number: part(16..32)? };
        let ours = self.print_nonce(&nonce, realm, peer);
        verify_slices_are_equal(ours.as_bytes(), printed.as_bytes()).ok()?;
        Some(nonce)
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

/// The first 24 bits of an IPv4 address, 64 of IPv6: a phone behind a pool of addresses, and the two machines of a carrier, stay
/// in one network.
fn network_of(peer: IpAddr) -> [u8; 8] {
    match peer.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            [4, a, b, c, 0, 0, 0, 0]
        }
        IpAddr::V6(v6) => {
            let [a, b, c, d, e, f, g, h, ..] = v6.octets();
            [a, b, c, d, e, f, g, h]
        }
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
        assert_eq!(server.verify(now, &Method::Register, (&second, PEER), &stored()), Verdict::Ok);
        assert_eq!(server.verify(now, &Method::Register, (&first, PEER), &stored()), Verdict::Ok);
        let replay = Verdict::Wrong(Wrong::Replay);
        assert_eq!(server.verify(now, &Method::Register, (&first, PEER), &stored()), replay);
        assert_eq!(server.verify(now, &Method::Register, (&second, PEER), &stored()), replay);
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
            assert_eq!(server.verify(now, &Method::Register, (&value, PEER), &stored()), Verdict::Ok);
        }
    }

    #[test]
    fn a_wrong_password_method_or_decoy_is_refused() {
        let (mut server, now) = (challenger(8), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        let wrong = Verdict::Wrong(Wrong::Response);
        let other = Ha1::of_password("alice", "example.org", "other");
        assert_eq!(server.verify(now, &Method::Register, (&value, PEER), &other), wrong);
        assert_eq!(server.verify(now, &Method::Invite, (&value, PEER), &stored()), wrong);
        let decoy = server.decoy("alice");
        assert_eq!(server.verify(now, &Method::Register, (&value, PEER), &decoy), wrong);
        assert_eq!(server.tracked(), 0, "a wrong answer must not take memory");
        assert_eq!(server.verify(now, &Method::Register, (&value, PEER), &stored()), Verdict::Ok);
    }

    #[test]
    fn an_old_nonce_is_stale_and_leaves_no_memory() {
        let (mut server, now) = (challenger(8), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        let mut client = Answerer::new();
        let first = answer(&mut client, &challenges, &alice());
        assert_eq!(server.verify(now, &Method::Register, (&first, PEER), &stored()), Verdict::Ok);
        let late = now + LIFE + Duration::from_millis(1);
        let second = answer(&mut client, &challenges, &alice());
        assert_eq!(server.verify(late, &Method::Register, (&second, PEER), &stored()), Verdict::Stale);
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
        assert_eq!(challenger(8).verify(now, &Method::Register, (&value, PEER), &stored()), Verdict::Stale);
    }

    #[test]
    fn what_another_network_was_asked_tells_nothing_of_the_secret() {
        let (mut server, now) = (challenger(8), Instant::now());
        let challenges = server.challenge(now, "example.org", PEER, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        let mut verdict = |peer: &str, ha1: &Ha1| {
            server.verify(now, &Method::Register, (&value, peer.parse().unwrap()), ha1)
        };
        let other = Ha1::of_password("alice", "example.org", "other");
        assert_eq!(verdict("198.51.100.1", &stored()), Verdict::Stale);
        assert_eq!(verdict("198.51.100.1", &other), Verdict::Stale);
        assert_eq!(verdict("192.0.2.77", &other), Verdict::Wrong(Wrong::Response));
        assert_eq!(verdict("::ffff:192.0.2.77", &stored()), Verdict::Ok);
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
            assert_eq!(server.verify(now, &Method::Register, (value, PEER), &stored()), Verdict::Ok);
        }
        assert_eq!(server.tracked(), 2);
        assert_eq!(server.verify(now, &Method::Register, (&values[0], PEER), &stored()), Verdict::Stale);
        assert_eq!(
            server.verify(now, &Method::Register, (&values[1], PEER), &stored()),
            Verdict::Wrong(Wrong::Replay)
        );
    }

    #[test]
    fn answers_without_qop_or_of_an_unkept_algorithm_are_refused() {
        let (mut server, now) = (challenger(8), Instant::now());
        let plain = b"Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\"";
        assert_eq!(
            server.verify(now, &Method::Register, (plain, PEER), &stored()),
            Verdict::Wrong(Wrong::Qop)
        );
        let challenges = server.challenge(now, "example.org", PEER, false);
        let value = answer(&mut Answerer::new(), &challenges, &alice());
        let md5_only = Ha1 { sha256: None, ..stored() };
        assert_eq!(
            server.verify(now, &Method::Register, (&value, PEER), &md5_only),
            Verdict::Wrong(Wrong::Algorithm)
        );
        assert_eq!(server.verify(now, &Method::Register, (b"Digest", PEER), &stored()), Verdict::Malformed);
    }
}
