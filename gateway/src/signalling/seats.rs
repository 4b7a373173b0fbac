//! Extensions in browsers: each has one lasting WebRTC leg, taken by an offer over HTTP, which outlives the page that took it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ramal_media::command::{Command, LegId};
use ramal_media::leg::LegSettings;
use ramal_media::sdp::{Agreed, Codec, Direction, Negotiation, SdpError};
use ramal_media::webrtc::{IceCredentials, WebRtcLocal};

use super::state::Now;
use crate::call::{EndReason, PageEvent, Party, SeatPlace, SeatRefusal, SeatView};
use crate::model::{Extension, ExtensionId, OrganizationId};

/// Seats of one node; above, an offer is refused.
pub const SEATS_LIMIT: usize = 10_000;

/// One extension in a browser.
pub struct Seat {
    extension: ExtensionId,
    organization: OrganizationId,
    number: String,
    media: LegId,
    worker: usize,
    agreed: Arc<Agreed>,
    /// Names the browser that has the Seat, in addresses.
    attachment: String,
    /// Names its ICE session (RFC 9725 §4.3.1).
    etag: String,
    remote: SocketAddr,
    state: SeatState,
}

/// Whether anything comes from the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SeatState {
    /// Its offer was answered; ICE and DTLS are not up yet.
    Connecting(Grace),
    Connected,
    Lost(Grace),
}

/// How long a Seat waits for its browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grace {
    until: Instant,
    until_ms: i64,
}

/// All Seats of this node.
pub struct Seats {
    seats: HashMap<ExtensionId, Seat>,
    by_media: HashMap<LegId, ExtensionId>,
    /// How many an organization has.
    by_organization: HashMap<OrganizationId, usize>,
    grace: Duration,
    /// The earliest end of anybody's grace.
    next_timeout: Option<Instant>,
}

/// A browser has taken a Seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    pub attachment: String,
    pub etag: String,
    pub answer: Vec<u8>,
}

/// What a PATCH may be about (RFC 9725 §4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    Any,
    Tag(String),
    Missing,
}

/// The outcome of a PATCH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patched {
    /// Candidates, which an ICE-lite agent does not need.
    Noted,
    Restarted {
        etag: String,
        fragment: String,
    },
}

/// Why a browser does not get what it asks for.
#[derive(Debug, thiserror::Error)]
pub enum SeatError {
    #[error(transparent)]
    Call(#[from] SeatRefusal),
    /// The extension was deleted or switched off.
    #[error("no such extension")]
    ExtensionGone,
    #[error("the node has as many seats as it may")]
    Full,
    #[error("the fragment has no ice-ufrag and ice-pwd")]
    Fragment,
    #[error("If-Match is missing")]
    NoPrecondition,
    #[error("the extension has no seat")]
    NoSeat,
    #[error("no such seat")]
    NotThisBrowser,
    #[error(transparent)]
    Offer(#[from] SdpError),
    #[error("the ICE session is another one by now")]
    Precondition,
    #[error("this node listens for no browsers")]
    WebRtcOff,
}

impl Seats {
    /// `grace`: how long a Seat waits for a browser that was lost.
    pub fn new(grace: Duration) -> Self {
        Self {
            seats: HashMap::new(),
            by_media: HashMap::new(),
            by_organization: HashMap::new(),
            grace,
            next_timeout: None,
        }
    }

    pub fn len(&self) -> usize {
        self.seats.len()
    }

    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// The Seat of an extension, as a Call needs to know it.
    pub fn place(&self, extension: ExtensionId) -> Option<SeatPlace> {
        self.seats.get(&extension).map(|seat| SeatPlace {
            organization: seat.organization,
            party: Party::Extension { id: seat.extension, number: seat.number.clone() },
            media: seat.media,
            worker: seat.worker,
            agreed: Arc::clone(&seat.agreed),
            remote: seat.remote,
        })
    }

    /// The same while its browser is there.
    pub fn connected_place(&self, extension: ExtensionId) -> Option<SeatPlace> {
        let seat = self.seats.get(&extension)?;
        (seat.state == SeatState::Connected).then(|| self.place(extension))?
    }

    pub fn view(&self, extension: ExtensionId) -> SeatView {
        self.seats.get(&extension).map_or(SeatView::None, |seat| seat.view())
    }

    pub fn has_any(&self, organization: OrganizationId) -> bool {
        self.by_organization.contains_key(&organization)
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        self.next_timeout
    }

    fn look_ahead(&mut self) {
        let waits = self.seats.values().filter_map(|seat| seat.grace());
        self.next_timeout = waits.map(|grace| grace.until).min();
    }

    /// Those whose browser did not come back in time.
    pub(super) fn overdue(&self, now: Instant) -> Vec<ExtensionId> {
        let late = |seat: &&Seat| seat.grace().is_some_and(|grace| grace.until <= now);
        self.seats.values().filter(late).map(|seat| seat.extension).collect()
    }

    /// Those that a new directory has no place for.
    pub(super) fn extensions(&self) -> Vec<ExtensionId> {
        self.seats.keys().copied().collect()
    }

    pub(super) fn of_media(&self, media: LegId) -> Option<ExtensionId> {
        self.by_media.get(&media).copied()
    }

    pub(super) fn media_of(&self, extension: ExtensionId) -> Option<LegId> {
        self.seats.get(&extension).map(|seat| seat.media)
    }

    pub(super) fn is_full(&self) -> bool {
        self.seats.len() >= SEATS_LIMIT
    }

    /// A browser takes the Seat, which is made if it is not there.
    pub(super) fn attach(&mut self, now: Now, extension: &Extension, taken: Taken) {
        let grace = self.grace_from(now);
        let known = self.seats.insert(
            extension.id,
            Seat {
                extension: extension.id,
                organization: extension.organization,
                number: extension.number.clone(),
                media: taken.media,
                worker: taken.worker,
                agreed: taken.agreed,
                attachment: taken.attachment,
                etag: taken.etag,
                remote: taken.remote,
                state: SeatState::Connecting(grace),
            },
        );
        if known.is_none() {
            self.by_media.insert(taken.media, extension.id);
            *self.by_organization.entry(extension.organization).or_default() += 1;
        }
        self.look_ahead();
    }

    pub(super) fn remove(&mut self, extension: ExtensionId) -> Option<Removed> {
        let seat = self.seats.remove(&extension)?;
        self.by_media.remove(&seat.media);
        if let Some(count) = self.by_organization.get_mut(&seat.organization) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_organization.remove(&seat.organization);
            }
        }
        self.look_ahead();
        Some(Removed { media: seat.media, worker: seat.worker })
    }

    /// Media flows. True if that is news.
    pub(super) fn connected(&mut self, extension: ExtensionId) -> bool {
        let Some(seat) = self.seats.get_mut(&extension) else { return false };
        let news = std::mem::replace(&mut seat.state, SeatState::Connected) != SeatState::Connected;
        self.look_ahead();
        news
    }

    /// Nothing comes any more. True if that is news.
    pub(super) fn lost(&mut self, now: Now, extension: ExtensionId) -> bool {
        let grace = self.grace_from(now);
        let Some(seat) = self.seats.get_mut(&extension) else { return false };
        let news = seat.state == SeatState::Connected;
        if news {
            seat.state = SeatState::Lost(grace);
            self.look_ahead();
        }
        news
    }

    /// The Seat that this browser has taken.
    ///
    /// # Errors
    /// There is none, or another browser has taken it since.
    pub(super) fn attached(
        &mut self,
        extension: ExtensionId,
        attachment: &str,
    ) -> Result<&mut Seat, SeatError> {
        let seat = self.seats.get_mut(&extension).ok_or(SeatError::NotThisBrowser)?;
        if seat.attachment == attachment { Ok(seat) } else { Err(SeatError::NotThisBrowser) }
    }

    fn grace_from(&self, now: Now) -> Grace {
        let grace_ms = i64::try_from(self.grace.as_millis()).unwrap_or(i64::MAX);
        Grace { until: now.instant + self.grace, until_ms: now.wall_ms.saturating_add(grace_ms) }
    }
}

/// What a browser brings when it takes a Seat.
pub(super) struct Taken {
    pub media: LegId,
    pub worker: usize,
    pub agreed: Arc<Agreed>,
    pub attachment: String,
    pub etag: String,
    pub remote: SocketAddr,
}

/// What is left of a Seat.
pub(super) struct Removed {
    pub media: LegId,
    pub worker: usize,
}

impl Seat {
    /// Takes what a PATCH says: candidates, or the credentials of an ICE restart.
    pub(super) fn patch(
        &mut self,
        if_match: &IfMatch,
        fragment: &str,
        (etag, ours): (String, IceCredentials),
    ) -> Result<Patched, SeatError> {
        match if_match {
            IfMatch::Missing => return Err(SeatError::NoPrecondition),
            IfMatch::Tag(tag) if *tag != self.etag => return Err(SeatError::Precondition),
            IfMatch::Tag(_) => return Ok(Patched::Noted),
            IfMatch::Any => {}
        }
        let remote = credentials_of(fragment).ok_or(SeatError::Fragment)?;
        let mut agreed = Agreed::clone(&self.agreed);
        let webrtc = agreed.webrtc.as_mut().ok_or(SeatError::Fragment)?;
        // RFC 9725 §4.3.3: the fragment in the answer has our new credentials.
        webrtc.remote_ice = remote;
        webrtc.local_ice = ours.clone();
        let fragment = format!(
            "a=ice-lite\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=end-of-candidates\r\n",
            ours.ufrag, ours.pwd
        );
        self.agreed = Arc::new(agreed);
        self.etag.clone_from(&etag);
        Ok(Patched::Restarted { etag, fragment })
    }

    /// The order that makes the Worker follow what was agreed.
    pub(super) fn configure(&self) -> (usize, Command) {
        (self.worker, configure(self.media, &self.agreed))
    }

    fn view(&self) -> SeatView {
        match self.state {
            SeatState::Connecting(grace) => SeatView::Connecting { until_ms: grace.until_ms },
            SeatState::Connected => SeatView::Connected,
            SeatState::Lost(grace) => SeatView::Lost { until_ms: grace.until_ms },
        }
    }

    fn grace(&self) -> Option<Grace> {
        match self.state {
            SeatState::Connecting(grace) | SeatState::Lost(grace) => Some(grace),
            SeatState::Connected => None,
        }
    }
}

pub(super) fn configure(media: LegId, agreed: &Agreed) -> Command {
    // Whether the browser is there is told by ICE; a muted page sends nothing and is.
    let settings = LegSettings { media_timeout_ms: 0, ..LegSettings::from(agreed) };
    Command::Configure { leg: media, settings: Box::new(settings) }
}

/// What we take of a browser, in the order of our wish: Opus bears a bad network best.
pub(super) fn codecs() -> Vec<Codec> {
    vec![
        Codec::opus(111),
        Codec::g722(),
        Codec::pcma(),
        Codec::pcmu(),
        Codec::telephone_event(110, 48_000),
        Codec::telephone_event(126, 8_000),
    ]
}

/// Reads an offer and answers it.
///
/// # Errors
/// Whose fault it is stands in the [`SdpError`].
pub(super) fn negotiate(
    local: WebRtcLocal,
    seed: [u8; 32],
    offer: &[u8],
) -> Result<(Vec<u8>, Agreed), SdpError> {
    let mut negotiation = Negotiation::webrtc(local, seed);
    negotiation.receive_offer(offer)?;
    negotiation.answer(&codecs(), Direction::SendRecv)
}

/// A name that cannot be guessed: 32 hexadecimal digits.
pub(super) fn name(random: &[u8; 32]) -> String {
    random.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The credentials in a fragment (RFC 8840 §4.4), if they are of the right length (RFC 8839 §5.4).
fn credentials_of(fragment: &str) -> Option<IceCredentials> {
    let value = |name: &str| fragment.lines().find_map(|line| line.trim_end().strip_prefix(name));
    let (ufrag, pwd) = (value("a=ice-ufrag:")?, value("a=ice-pwd:")?);
    let fits = |text: &str, least| {
        (least..=256).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
    };
    (fits(ufrag, 4) && fits(pwd, 22)).then(|| IceCredentials { ufrag: ufrag.to_owned(), pwd: pwd.to_owned() })
}

/// The event that tells a page how its Seat is.
pub(super) fn told(view: SeatView) -> PageEvent {
    PageEvent::Seat { seat: view }
}

/// Why the Calls of a Seat end with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeatEnd {
    /// The page said so, or an administrator.
    LoggedOut,
    GraceOver,
}

impl SeatEnd {
    pub(super) fn reason(self) -> EndReason {
        match self {
            Self::LoggedOut => EndReason::NormalClearing,
            Self::GraceOver => EndReason::BrowserLost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_a_restart_are_read_from_its_fragment() {
        let fragment = "a=ice-options:trickle\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n";
        let found = credentials_of(fragment).unwrap();
        assert_eq!((found.ufrag.as_str(), found.pwd.as_str()), ("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"));
    }

    #[test]
    fn credentials_that_are_too_short_or_hostile_are_none() {
        for fragment in [
            "",
            "a=ice-ufrag:EsAw\r\n",
            "a=ice-ufrag:Es\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
            "a=ice-ufrag:EsAw\r\na=ice-pwd:short",
            "a=ice-ufrag:Es w\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
        ] {
            assert!(credentials_of(fragment).is_none(), "{fragment:?}");
        }
    }
}
