use bytes::Bytes;
use rand::RngCore;

use super::algorithm::{ha1, hex};
use super::{Algorithm, Challenge, Credentials, Secret, parse_challenge};
use crate::message::{Method, text};

/// Why a challenge gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("no challenge that can be read")]
    Malformed,
    #[error("the challenge is for another realm")]
    ForeignRealm,
    #[error("no algorithm or quality of protection that both know")]
    Unsupported,
}

/// The client side: answers challenges and keeps the count of the nonce in use.
///
/// It never says that a secret is wrong: a server may challenge with the nonce of before. Who sends
/// the request again counts how often, and looks at [`Challenge::stale`].
#[derive(Clone, Debug, Default)]
pub struct Answerer {
    last: Option<(Challenge, u32)>,
}

impl Answerer {
    pub fn new() -> Self {
        Self::default()
    }

    /// The value for Authorization (after 401) or Proxy-Authorization (after 407). `challenges` are
    /// all values of that response; the first that can be answered is (RFC 8760 §2.4).
    ///
    /// # Errors
    /// Why there is none.
    pub fn answer(
        &mut self,
        challenges: &[&[u8]],
        method: &Method,
        uri: &str,
        credentials: &Credentials,
        rng: &mut impl RngCore,
    ) -> Result<Bytes, NoAnswer> {
        let challenge = choose(challenges, credentials)?;
        let count = match &self.last {
            Some((last, count)) if last.nonce == challenge.nonce => count.saturating_add(1),
            _ => 1,
        };
        let value = respond(&challenge, count, method, uri, credentials, rng).ok_or(NoAnswer::Unsupported)?;
        self.last = Some((challenge, count));
        Ok(value)
    }

    /// A value for a further request under the last challenge, which saves being challenged again
    /// (RFC 7616 §3.6). `None` before the first challenge or when it was for another realm.
    pub fn answer_ahead(
        &mut self,
        method: &Method,
        uri: &str,
        credentials: &Credentials,
        rng: &mut impl RngCore,
    ) -> Option<Bytes> {
        let (challenge, count) = self.last.as_mut()?;
        if !is_ours(challenge, credentials) {
            return None;
        }
        *count = count.checked_add(1)?;
        respond(challenge, *count, method, uri, credentials, rng)
    }
}

fn choose(challenges: &[&[u8]], credentials: &Credentials) -> Result<Challenge, NoAnswer> {
    let mut refusal = NoAnswer::Malformed;
    for challenge in challenges.iter().filter_map(|value| parse_challenge(value)) {
        if !is_ours(&challenge, credentials) {
            refusal = NoAnswer::ForeignRealm;
        } else if !is_supported(&challenge, credentials) {
            refusal = NoAnswer::Unsupported;
        } else {
            return Ok(challenge);
        }
    }
    Err(refusal)
}

/// An answer to a foreign realm is a present to whoever asks: it can be searched for the password
/// offline. HA1 holds for one realm, so without that realm it answers none.
fn is_ours(challenge: &Challenge, credentials: &Credentials) -> bool {
    match (&credentials.realm, &credentials.secret) {
        (Some(realm), _) => *realm == challenge.realm,
        (None, Secret::Password(_)) => true,
        (None, Secret::Ha1(_)) => false,
    }
}

fn is_supported(challenge: &Challenge, credentials: &Credentials) -> bool {
    let kept = |algorithm| match &credentials.secret {
        Secret::Password(_) => true,
        Secret::Ha1(kept) => kept.get(algorithm).is_some(),
    };
    challenge.algorithm.is_some_and(kept) && (challenge.qop.is_empty() || offers_auth(challenge))
}

fn offers_auth(challenge: &Challenge) -> bool {
    challenge.qop.iter().any(|qop| qop.eq_ignore_ascii_case("auth"))
}

fn respond(
    challenge: &Challenge,
    count: u32,
    method: &Method,
    uri: &str,
    credentials: &Credentials,
    rng: &mut impl RngCore,
) -> Option<Bytes> {
    let algorithm = challenge.algorithm?;
    let ha1 = secret_hash(algorithm, &challenge.realm, credentials)?;
    let mut random = [0; 16];
    rng.fill_bytes(&mut random);
    let proof = Proof { algorithm, ha1, count, cnonce: hex(&random) };
    Some(proof.print(challenge, method, uri, &credentials.username).into())
}

fn secret_hash(algorithm: Algorithm, realm: &str, credentials: &Credentials) -> Option<String> {
    match &credentials.secret {
        Secret::Password(password) => Some(ha1(algorithm, &credentials.username, realm, password)),
        Secret::Ha1(kept) => kept.get(algorithm).map(str::to_owned),
    }
}

/// What a response is made from besides the challenge and the request.
struct Proof {
    algorithm: Algorithm,
    ha1: String,
    count: u32,
    cnonce: String,
}

impl Proof {
    /// RFC 7616 §3.4; without qop the response of RFC 2069, as RFC 2617 §3.2.2.1 keeps it.
    fn print(&self, challenge: &Challenge, method: &Method, uri: &str, username: &str) -> String {
        let Self { algorithm, ha1, count, cnonce } = self;
        let ha2 = algorithm.hash(&[method.as_bytes(), uri.as_bytes()]);
        let nonce = &challenge.nonce;
        let (response, protection) = if offers_auth(challenge) {
            let nc = format!("{count:08x}");
            let parts = [ha1.as_str(), nonce, &nc, cnonce, "auth", &ha2];
            (algorithm.hash(&parts.map(str::as_bytes)), format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\""))
        } else {
            (algorithm.hash(&[ha1.as_bytes(), nonce.as_bytes(), ha2.as_bytes()]), String::new())
        };
        let quote = text::quote;
        let opaque = challenge.opaque.as_deref().map(|opaque| format!(", opaque={}", quote(opaque)));
        format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\", algorithm={}{protection}{}",
            quote(username),
            quote(&challenge.realm),
            quote(nonce),
            quote(uri),
            algorithm.token(),
            opaque.unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;
    use crate::auth::{Ha1, parse_credentials};

    /// RFC 2617 §3.5 and RFC 7616 §3.9.1: the same user and resource.
    fn mufasa(algorithm: Algorithm, password: &str, cnonce: &str) -> Proof {
        let realm = if algorithm == Algorithm::Sha256 || cnonce.len() > 8 {
            "http-auth@example.org"
        } else {
            "testrealm@host.com"
        };
        Proof { algorithm, ha1: ha1(algorithm, "Mufasa", realm, password), count: 1, cnonce: cnonce.into() }
    }

    fn challenge(nonce: &str) -> Challenge {
        let value = format!("Digest realm=\"x\", nonce=\"{nonce}\", qop=\"auth,auth-int\"");
        parse_challenge(value.as_bytes()).unwrap()
    }

    fn response(proof: &Proof, nonce: &str) -> String {
        let printed =
            proof.print(&challenge(nonce), &Method::Other("GET".into()), "/dir/index.html", "Mufasa");
        parse_credentials(printed.as_bytes()).unwrap().response
    }

    #[test]
    fn known_answer_of_rfc_2617() {
        let proof = mufasa(Algorithm::Md5, "Circle Of Life", "0a4f113b");
        assert_eq!(
            response(&proof, "dcd98b7102dd2f0e8b11d0f600bfb0c093"),
            "6629fae49393a05397450978507c4ef1"
        );
    }

    #[test]
    fn known_answers_of_rfc_7616() {
        let (nonce, cnonce) =
            ("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
        let md5 = mufasa(Algorithm::Md5, "Circle of Life", cnonce);
        assert_eq!(response(&md5, nonce), "8ca523f5e9506fed4657c9700eebdbec");
        let sha256 = mufasa(Algorithm::Sha256, "Circle of Life", cnonce);
        assert_eq!(
            response(&sha256, nonce),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }

    #[test]
    fn a_challenge_without_qop_gets_the_old_answer() {
        let proof = Proof { algorithm: Algorithm::Md5, ha1: "a".into(), count: 1, cnonce: "c".into() };
        let old = parse_challenge(b"Digest realm=\"x\", nonce=\"n\", opaque=\"o\"").unwrap();
        let printed = proof.print(&old, &Method::Register, "sip:x", "u");
        let digest = parse_credentials(printed.as_bytes()).unwrap();
        assert_eq!((digest.qop, digest.nc, digest.cnonce), (None, None, None));
        assert_eq!(digest.opaque.as_deref(), Some("o"));
    }

    fn try_answer(challenges: &[&[u8]], credentials: &Credentials) -> Result<String, NoAnswer> {
        let mut rng = SmallRng::seed_from_u64(3);
        let value = Answerer::new().answer(challenges, &Method::Invite, "sip:x", credentials, &mut rng)?;
        Ok(String::from_utf8(value.to_vec()).unwrap())
    }

    #[test]
    fn a_foreign_realm_gets_no_answer() {
        let ours = Credentials {
            realm: Some("ours".into()),
            username: "u".into(),
            secret: Secret::Password("p".into()),
        };
        let foreign = b"Digest realm=\"theirs\", nonce=\"n\"".as_slice();
        assert_eq!(try_answer(&[foreign], &ours), Err(NoAnswer::ForeignRealm));
        let value = try_answer(&[foreign, b"Digest realm=\"ours\", nonce=\"n\""], &ours).unwrap();
        assert!(value.contains("realm=\"ours\""));
        let kept =
            Credentials { realm: None, secret: Secret::Ha1(Ha1::of_password("u", "ours", "p")), ..ours };
        assert_eq!(try_answer(&[foreign], &kept), Err(NoAnswer::ForeignRealm));
    }

    #[test]
    fn the_first_known_algorithm_is_chosen() {
        let any = Credentials { realm: None, username: "u".into(), secret: Secret::Password("p".into()) };
        let unknown = b"Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256".as_slice();
        let value =
            try_answer(&[unknown, b"Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256"], &any).unwrap();
        assert!(value.contains("algorithm=SHA-256"));
        assert_eq!(try_answer(&[unknown], &any), Err(NoAnswer::Unsupported));
        let int = b"Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"".as_slice();
        assert_eq!(try_answer(&[int], &any), Err(NoAnswer::Unsupported));
        assert_eq!(try_answer(&[], &any), Err(NoAnswer::Malformed));
    }

    #[test]
    fn the_count_rises_with_one_nonce_and_starts_again_with_the_next() {
        let any = Credentials { realm: None, username: "u".into(), secret: Secret::Password("p".into()) };
        let (mut client, mut rng) = (Answerer::new(), SmallRng::seed_from_u64(3));
        assert_eq!(client.answer_ahead(&Method::Register, "sip:x", &any, &mut rng), None);
        let count = |value: &[u8]| parse_credentials(value).unwrap().count().unwrap();
        let (a, b) = (
            &b"Digest realm=\"r\", nonce=\"a\", qop=auth"[..],
            &b"Digest realm=\"r\", nonce=\"b\", qop=auth"[..],
        );
        let mut ask = |client: &mut Answerer, value| {
            client.answer(&[value], &Method::Register, "sip:x", &any, &mut rng).unwrap()
        };
        assert_eq!(count(&ask(&mut client, a)), 1);
        assert_eq!(count(&ask(&mut client, a)), 2);
        assert_eq!(count(&ask(&mut client, b)), 1);
        let ahead =
            client.answer_ahead(&Method::Register, "sip:x", &any, &mut SmallRng::seed_from_u64(4)).unwrap();
        assert_eq!(count(&ahead), 2);
    }

    #[test]
    fn secrets_are_never_shown() {
        let kept = Ha1::of_password("u", "r", "geheim");
        let shown =
            format!("{:?} {:?} {:?}", Secret::Password("geheim".into()), kept, Secret::Ha1(kept.clone()));
        assert_eq!(shown, "Password(..) Ha1(..) Ha1(..)");
    }
}
