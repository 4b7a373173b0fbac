//! Pictures of phones. They have a transport of their own, so they are a Leg of their own beside the one that is heard: with its
//! sockets, source check, SRTP and RTCP. It hears nobody; what it carries goes to whoever hears the other.

use std::time::{Duration, Instant};

use str0m::media::KeyframeRequestKind;

use super::browser_media::{Picture, Sight, VIDEO_CLOCK_HZ};
use super::output::Exit;
use super::party::NOT_SENT;
use super::receive::Accepted;
use super::timeout::send_packet;
use super::{AddError, Engine, LegIndex};
use crate::command::LegId;
use crate::event::Event;
use crate::leg::LegSettings;
use crate::rtcp::Goodbye;
use crate::rtcp::feedback::{self, Feedback};
use crate::rtp::Header;
use crate::sdp::{RateRequests, Refresh, RtpVideo};

/// A phone is told of another limit no more often than this.
const LIMIT_INTERVAL: Duration = Duration::from_millis(500);

/// A phone as a source and a taker of pictures.
#[derive(Debug)]
pub(super) struct Phone {
    refresh: Refresh,
    rate_requests: RateRequests,
    /// What it takes at most, as it was described, in bit/s.
    max_bps: Option<u64>,
    /// The same as it asked since by RTCP.
    asked_bps: Option<u64>,
    /// The limit that it was told last, and when.
    told: Option<(Instant, u64)>,
    /// Of the last request for a whole picture (RFC 5104 §4.3.1.1).
    intra: u8,
}

impl Phone {
    fn new(video: &RtpVideo) -> Self {
        let (refresh, rate_requests, max_bps) = (video.refresh, video.rate_requests, video.max_bps);
        Self { refresh, rate_requests, max_bps, asked_bps: None, told: None, intra: 0 }
    }
}

impl Engine {
    /// A Leg with sockets has others for its pictures (see [`crate::command::Command::AddPictures`]).
    pub fn add_pictures(&mut self, leg: LegId) -> Result<LegIndex, AddError> {
        self.add_leg(leg.pictures())
    }

    /// Whoever this Leg sees is asked for a whole picture.
    pub fn refresh_picture(&mut self, now: Instant, leg: LegId) {
        if let Some(index) = self.index_of(leg) {
            self.want_keyframe(now, index, KeyframeRequestKind::Pli);
        }
    }

    /// Applies what was agreed of the pictures of a phone; none are exchanged where nothing was.
    pub(super) fn configure_pictures(&mut self, now: Instant, leg: LegId, video: Option<Box<RtpVideo>>) {
        let beside = leg.pictures();
        let out = self.new_stream();
        let Some(party) = self.party_mut(beside) else { return };
        let Some(video) = video else {
            party.settings = None;
            return;
        };
        let phone = Phone::new(&video);
        match &mut party.picture {
            Some(picture) => picture.phone = Some(phone),
            None => party.picture = Some(Box::new(Picture::new(out, Some(phone)))),
        }
        self.configure(now, beside, Box::new(LegSettings::from(&*video)));
    }

    /// The Leg that carries the pictures of a phone.
    pub(super) fn pictures_of(&self, index: LegIndex) -> Option<LegIndex> {
        let party = self.parties.get(index as usize)?.as_ref()?;
        self.index_of(party.id.pictures())
    }

    fn sound_of(&self, pictures: LegIndex) -> Option<LegIndex> {
        let party = self.parties.get(pictures as usize)?.as_ref()?;
        self.index_of(party.id.sound())
    }

    pub(super) fn sight_of_phone(&self, index: LegIndex) -> Option<Sight<'_>> {
        let beside = self.parties.get(self.pictures_of(index)? as usize)?.as_ref()?;
        let settings = beside.settings.as_ref()?;
        let formats = settings.codecs.iter().map(|each| (&each.codec, each.send_pt, each.receive_pt));
        Some(Sight { formats: formats.collect(), direction: settings.direction, ssrc: None })
    }

    /// A packet that a phone shows: to all who hear it.
    pub(super) fn take_phone_picture(
        &mut self,
        now: Instant,
        pictures: LegIndex,
        accepted: &Accepted,
        packet: &[u8],
    ) {
        if let Some(index) = self.sound_of(pictures) {
            self.forward_picture(now, index, &accepted.header, accepted.header.payload(packet));
        }
    }

    /// A packet that somebody else shows: to the phone of a Leg.
    pub(super) fn show_phone(&mut self, now: Instant, listener: LegIndex, header: &Header, payload: &[u8]) {
        let Some(beside) = self.pictures_of(listener) else { return };
        let Some(Some(party)) = self.parties.get_mut(beside as usize) else { return };
        let Some(picture) = &mut party.picture else { return };
        let payload_type = picture.map.get(header.payload_type).unwrap_or(NOT_SENT);
        let Some(to) = party.outgoing.to.filter(|_| payload_type != NOT_SENT) else { return };
        let outgoing = &mut party.outgoing;
        outgoing.clock_hz = VIDEO_CLOCK_HZ;
        let Some(rewritten) = outgoing.stream.forward(now, header, VIDEO_CLOCK_HZ) else { return };
        // Of a picture the marker is its end, not a beginning (RFC 7741 §4.1, RFC 6184 §5.1).
        let header = Header { payload_type, marker: header.marker, ..rewritten };
        let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
        send_packet(outgoing, &mut exit, (beside, to), &header, payload);
    }

    /// A phone is asked for a whole picture. Its first one is whole without that.
    pub(super) fn ask_phone(&mut self, now: Instant, source: LegIndex) {
        let Some(beside) = self.pictures_of(source) else { return };
        let Some(Some(party)) = self.parties.get_mut(beside as usize) else { return };
        if party.incoming.stats.is_none() || !party.ask_again(now) {
            return;
        }
        let leg = party.id.sound();
        let Some(phone) = party.picture.as_mut().and_then(|picture| picture.phone.as_mut()) else { return };
        match phone.refresh {
            Refresh::Pli => self.transmit_feedback(now, beside, Feedback::PictureLoss),
            Refresh::Fir => {
                phone.intra = phone.intra.wrapping_add(1);
                let request = Feedback::FullIntra(phone.intra);
                self.transmit_feedback(now, beside, request);
            }
            Refresh::Signalling => self.outputs.event(Event::PictureWanted { leg }),
        }
    }

    /// The pictures of a phone shall take no more than this, if it takes such requests.
    pub(super) fn limit_phone(&mut self, now: Instant, source: LegIndex, rate_bps: u64) {
        let Some(beside) = self.pictures_of(source) else { return };
        let Some(Some(party)) = self.parties.get_mut(beside as usize) else { return };
        let heard_of = party.incoming.stats.is_some();
        let Some(phone) = party.picture.as_mut().and_then(|picture| picture.phone.as_mut()) else { return };
        let due = phone.told.is_none_or(|(at, told)| told != rate_bps && now >= at + LIMIT_INTERVAL);
        if phone.rate_requests == RateRequests::Tmmbr && due && heard_of {
            phone.told = Some((now, rate_bps));
            self.transmit_feedback(now, beside, Feedback::MaxRate(rate_bps));
        }
    }

    /// Who is shown to a phone shall send no more than it takes.
    pub(super) fn limit_by_phone(&mut self, now: Instant, pictures: LegIndex) {
        let Some(Some(party)) = self.parties.get(pictures as usize) else { return };
        let Some(phone) = party.picture.as_ref().and_then(|picture| picture.phone.as_ref()) else { return };
        let Some(rate_bps) = phone.max_bps.into_iter().chain(phone.asked_bps).min() else { return };
        let shown = self.sound_of(pictures).and_then(|index| self.heard_by(index));
        if let Some(source) = shown {
            self.limit_pictures(now, source, rate_bps);
        }
    }

    /// What a phone says of the pictures that it is shown.
    pub(super) fn take_feedback(&mut self, now: Instant, pictures: LegIndex, compound: &[u8]) {
        let Some(index) = self.sound_of(pictures) else { return };
        for wish in feedback::read(compound) {
            match wish {
                Feedback::PictureLoss | Feedback::FullIntra(_) => {
                    self.want_keyframe(now, index, KeyframeRequestKind::Pli);
                }
                Feedback::MaxRate(bps) => {
                    self.note_rate(now, pictures, bps);
                    self.transmit_feedback(now, pictures, Feedback::MaxRateNoted(bps));
                }
                Feedback::Estimate(bps) => self.note_rate(now, pictures, bps),
                Feedback::MaxRateNoted(_) => {}
            }
        }
    }

    fn note_rate(&mut self, now: Instant, pictures: LegIndex, bps: u64) {
        let Some(Some(party)) = self.parties.get_mut(pictures as usize) else { return };
        if let Some(phone) = party.picture.as_mut().and_then(|picture| picture.phone.as_mut()) {
            phone.asked_bps = Some(bps);
        }
        self.limit_by_phone(now, pictures);
    }

    fn transmit_feedback(&mut self, now: Instant, pictures: LegIndex, feedback: Feedback) {
        self.transmit_report(now, pictures, Goodbye::Stay, Some(feedback));
    }
}
