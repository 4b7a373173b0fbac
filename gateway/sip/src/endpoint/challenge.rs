//! Answers to digest challenges (RFC 3261 §22.2, RFC 7616).

use std::time::Instant;

use bytes::Bytes;

use super::Endpoint;
use super::client::{Kept, Purpose};
use crate::auth::parse_challenge;
use crate::message::{HeaderName, Response, StatusCode};

/// Requests sent for one request of the layer above, each answering another challenge. A proxy and a user
/// agent ask once each, and either may find a nonce stale; more is a loop.
const MAX_CHALLENGES: u8 = 4;

impl Endpoint {
    /// Answers a challenge with a new request and returns its transaction; `None`: it is not to be answered.
    pub(crate) fn answer_challenge(&mut self, now: Instant, id: u64, response: &Response) -> Option<u64> {
        let (challenge_name, answer_name) = match response.status {
            StatusCode::UNAUTHORIZED => (HeaderName::WwwAuthenticate, HeaderName::Authorization),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization)
            }
            _ => return None,
        };
        let transaction = self.clients.get(&id)?;
        let (flow, fallback, purpose) = (transaction.flow, transaction.fallback, transaction.purpose);
        let kept = transaction.kept.as_ref()?;
        kept.credentials.as_ref()?;
        let own_next = kept.request.headers.cseq().ok()?.number.checked_add(1)?;
        let Some(answer) = self.credentials_for(id, response, (&challenge_name, &answer_name)) else {
            self.counters.challenges_declined += 1;
            return None;
        };
        let next_cseq = self.next_cseq(purpose, own_next);
        let kept = self.clients.get(&id)?.kept.as_ref()?;
        let mut request = kept.request.clone();
        request.headers.remove(&HeaderName::Via);
        request.headers.set(HeaderName::CSeq, format!("{next_cseq} {}", request.method));
        request.headers.set(answer_name, answer);
        let again = Kept {
            request,
            credentials: kept.credentials.clone(),
            answerer: kept.answerer.clone(),
            challenges: kept.challenges + 1,
        };
        self.counters.challenges_answered += 1;
        Some(self.send_kept(now, again, flow, fallback, purpose))
    }

    /// The value that answers; none to a foreign realm, to what was answered before and is not stale, and at the
    /// limit.
    fn credentials_for(
        &mut self,
        id: u64,
        response: &Response,
        (challenge_name, answer_name): (&HeaderName, &HeaderName),
    ) -> Option<Bytes> {
        let kept = self.clients.get_mut(&id)?.kept.as_mut()?;
        let credentials = kept.credentials.clone()?;
        let challenges: Vec<&[u8]> = response.headers.all(challenge_name).collect();
        let is_stale = challenges.iter().any(|value| parse_challenge(value).is_some_and(|found| found.stale));
        let is_repeated = kept.request.headers.contains(answer_name);
        if kept.challenges >= MAX_CHALLENGES || (is_repeated && !is_stale) {
            return None;
        }
        let (method, uri) = (kept.request.method.clone(), kept.request.uri.to_string());
        kept.answerer.answer(&challenges, &method, &uri, &credentials, &mut self.rng).ok()
    }

    /// In a dialog another request may have taken the next number.
    fn next_cseq(&mut self, purpose: Purpose, own_next: u32) -> u32 {
        match purpose {
            Purpose::Invite(id)
            | Purpose::Reinvite(id)
            | Purpose::Bye(id)
            | Purpose::DialogRequest(_, id) => {
                self.usages.get_mut(&id.0).map_or(own_next, |usage| usage.dialog.next_cseq())
            }
            Purpose::Request(_) | Purpose::Nobody => own_next,
        }
    }
}
