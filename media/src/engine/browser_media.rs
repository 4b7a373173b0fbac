//! Sound and pictures of browsers: on the same way as those of phones, once str0m has opened them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::media::KeyframeRequestKind;
use str0m::rtp::RtpPacket;
use str0m::stats::MediaEgressStats;

use super::output::Exit;
use super::party::{Format, Hear, NOT_SENT, Party, PerPayloadType};
use super::phone_pictures::Phone;
use super::receive::Accepted;
use super::{Engine, LegIndex};
use crate::bridge::OutgoingStream;
use crate::leg::webrtc::{Kind, Road};
use crate::rtp::{self, FIXED_HEADER_BYTES, Header};
use crate::sdp::{Codec, Direction};

/// A source is asked for a whole picture no more often than this, however often its listeners ask.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(300);
/// A picture is not asked to shrink below this, in bit/s: less is no picture.
const MIN_PICTURE_BPS: u64 = 30_000;
/// What G.711 with its headers takes of a path, in bit/s: sound goes before pictures.
const SOUND_BPS: u64 = 80_000;
/// Of what a path is estimated to carry, what a picture may fill, in percent: a source overshoots now and then.
const PICTURE_PERCENT: u64 = 90;
/// Every picture format that browsers speak (RFC 7742 §6.1).
pub(super) const VIDEO_CLOCK_HZ: u32 = 90_000;

/// The picture of a Leg. A phone's is kept by the Leg beside that carries it.
pub(super) struct Picture {
    /// What a browser is sent.
    out: OutgoingStream,
    /// From payload types of the one who is heard.
    pub(super) map: PerPayloadType<u8>,
    /// When its own browser, or phone, was last asked for a whole picture.
    asked: Option<Instant>,
    /// None: a browser's.
    pub(super) phone: Option<Phone>,
}

/// The pictures that a Leg exchanges with its peer.
pub(super) struct Sight<'a> {
    /// Each with what they expect of us, and what they send.
    pub formats: Vec<(&'a Codec, u8, u8)>,
    /// Ours.
    pub direction: Direction,
    /// Ours, where it was agreed on.
    pub ssrc: Option<u32>,
}

impl Picture {
    pub(super) fn new(out: OutgoingStream, phone: Option<Phone>) -> Self {
        Self { out, map: PerPayloadType::new(Box::new([NOT_SENT; 128])), asked: None, phone }
    }
}

impl Engine {
    /// An RTP packet of a validated address: which Leg's.
    pub(super) fn handle_browser_rtp(
        &mut self,
        now: Instant,
        road: Road,
        from: SocketAddr,
        packet: &[u8],
    ) -> Option<LegIndex> {
        let index = self.browser_at(road, from)?;
        let party = self.parties.get_mut(index as usize)?.as_mut()?;
        let (payload_type, ssrc) = rtp::peek(packet)?;
        let kind = match party.incoming.formats.get(payload_type)? {
            Format::Audio { .. } | Format::Event { .. } => Kind::Audio,
            Format::Video => Kind::Video,
            Format::Unknown => Kind::Repair,
        };
        party.incoming.wire_length = packet.len();
        party.browser.as_mut()?.receive_rtp(now, (road, from), packet, ssrc, kind);
        Some(index)
    }

    /// A packet that is authentic: from here on it goes the way of all others.
    pub(super) fn take_browser_packet(&mut self, now: Instant, index: LegIndex, packet: &RtpPacket) {
        let Some(Some(party)) = self.parties.get_mut(index as usize) else { return };
        let header = header_of(packet);
        if let Some(browser) = &mut party.browser {
            browser.saw(now);
        }
        if party.incoming.formats.get(header.payload_type) == Some(Format::Video) {
            return self.forward_picture(now, index, &header, &packet.payload);
        }
        let wire_length = party.incoming.wire_length;
        let length = FIXED_HEADER_BYTES + packet.payload.len();
        let Some((format, arrival)) = self.admit(now, index, &header, wire_length) else { return };
        // Taken out for the time of the call: sending to a listener borrows the engine.
        let mut plain = std::mem::take(&mut self.plain);
        if let Some(room) = plain.get_mut(..length) {
            let (head, body) = room.split_at_mut(FIXED_HEADER_BYTES);
            head.copy_from_slice(&header.to_bytes());
            body.copy_from_slice(&packet.payload);
            self.deliver(now, index, &Accepted { header, length, format, arrival }, room);
        }
        self.plain = plain;
    }

    /// After a change of a Leg: what it sees, and what all see that hear it.
    pub(super) fn rebuild_pictures(&mut self, now: Instant, index: LegIndex) {
        self.rebuild_picture(now, index);
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(index as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            self.rebuild_picture(now, listener);
        }
    }

    /// Whom the Leg hears shall also be seen, where both have a picture of one format.
    pub(super) fn rebuild_picture(&mut self, now: Instant, index: LegIndex) {
        let map = self.heard_by(index).and_then(|from| {
            let heard = self.sight_of(from).filter(|sight| may(sight.direction, Direction::RecvOnly))?;
            let hearing = self.sight_of(index).filter(|sight| may(sight.direction, Direction::SendOnly))?;
            Some((picture_map(&heard, &hearing), hearing.ssrc))
        });
        let out = self.new_stream();
        let place = self.pictures_of(index).unwrap_or(index);
        let Some(Some(party)) = self.parties.get_mut(place as usize) else { return };
        match (&mut party.picture, map) {
            (None, None) => return,
            (Some(picture), None) => picture.map = PerPayloadType::new(Box::new([NOT_SENT; 128])),
            (picture, Some((map, ssrc))) => {
                let picture = picture.get_or_insert_with(|| Box::new(Picture::new(out, None)));
                picture.map = PerPayloadType::new(Box::new(map));
                picture.out.change_source();
                match ssrc {
                    Some(ssrc) => picture.out.set_ssrc(ssrc),
                    None => party.outgoing.stream.change_source(),
                }
            }
        }
        self.want_keyframe(now, index, KeyframeRequestKind::Pli);
        self.limit_by_phone(now, place);
    }

    /// A listener needs a whole picture: its source is asked.
    pub(super) fn want_keyframe(&mut self, now: Instant, listener: LegIndex, kind: KeyframeRequestKind) {
        let Some(source) = self.heard_by(listener) else { return };
        let Some(Some(party)) = self.parties.get_mut(source as usize) else { return };
        if party.browser.is_none() {
            return self.ask_phone(now, source);
        }
        if !party.ask_again(now) {
            return;
        }
        if let Some(browser) = &mut party.browser {
            browser.request_keyframe(kind);
        }
        self.settle_soon(now, source);
    }

    /// The path to a listener carries no more than this: the source shall send no more.
    pub(super) fn limit_source(&mut self, now: Instant, listener: LegIndex, rate_bps: u64) {
        let Some(source) = self.heard_by(listener) else { return };
        let rate_bps = (rate_bps * PICTURE_PERCENT / 100).saturating_sub(SOUND_BPS);
        self.limit_pictures(now, source, rate_bps);
    }

    /// The pictures of a Leg shall take no more than this.
    pub(super) fn limit_pictures(&mut self, now: Instant, source: LegIndex, rate_bps: u64) {
        let rate_bps = rate_bps.max(MIN_PICTURE_BPS);
        match self.browser_mut(source) {
            Some(browser) => {
                browser.limit_rate(rate_bps);
                self.settle_soon(now, source);
            }
            None => self.limit_phone(now, source, rate_bps),
        }
    }

    /// To all who see the Leg.
    pub(super) fn forward_picture(&mut self, now: Instant, index: LegIndex, header: &Header, payload: &[u8]) {
        let mut next = 0;
        while let Some(Some(party)) = self.parties.get(index as usize)
            && let Some(listener) = party.incoming.listeners.get(next)
        {
            next += 1;
            let Some(Some(party)) = self.parties.get_mut(listener as usize) else { continue };
            if party.browser.is_none() {
                self.show_phone(now, listener, header, payload);
                continue;
            }
            let mut exit = Exit { outputs: &mut self.outputs, timers: &mut self.timers };
            party.send_picture(now, listener, &mut exit, header, payload);
        }
    }

    pub(super) fn heard_by(&self, listener: LegIndex) -> Option<LegIndex> {
        match self.parties.get(listener as usize)?.as_ref()?.outgoing.hear {
            Hear::Leg { from, .. } => Some(from),
            Hear::Play(_) | Hear::Room(_) | Hear::Silence => None,
        }
    }

    fn sight_of(&self, index: LegIndex) -> Option<Sight<'_>> {
        let party = self.parties.get(index as usize)?.as_ref()?;
        let Some(webrtc) = &party.settings.as_ref()?.webrtc else { return self.sight_of_phone(index) };
        let video = webrtc.video.as_ref()?;
        Some(Sight {
            formats: video.formats.iter().map(|each| (&each.codec, each.send_pt, each.receive_pt)).collect(),
            direction: video.direction,
            ssrc: Some(video.track.local_ssrc),
        })
    }
}

impl Party {
    /// A packet of ours by way of the browser instance.
    pub(super) fn send_to_browser(
        &mut self,
        now: Instant,
        leg: LegIndex,
        exit: &mut Exit<'_>,
        header: &Header,
        payload: &[u8],
    ) {
        let Some(browser) = &mut self.browser else { return };
        if browser.write(now, Kind::Audio, header, payload) {
            self.outgoing.packets += 1;
            self.outgoing.bytes += (FIXED_HEADER_BYTES + payload.len()) as u64;
            self.flush_browser_later(now, leg, exit);
        }
    }

    fn send_picture(
        &mut self,
        now: Instant,
        leg: LegIndex,
        exit: &mut Exit<'_>,
        header: &Header,
        payload: &[u8],
    ) {
        let (Some(picture), Some(browser)) = (&mut self.picture, &mut self.browser) else { return };
        let payload_type = picture.map.get(header.payload_type).unwrap_or(NOT_SENT);
        if payload_type == NOT_SENT || !browser.is_connected() {
            return;
        }
        let Some(rewritten) = picture.out.forward(now, header, VIDEO_CLOCK_HZ) else { return };
        // Of a picture the marker is its end, not a beginning (RFC 7741 §4.1).
        let header = Header { payload_type, marker: header.marker, ..rewritten };
        if browser.write(now, Kind::Video, &header, payload) {
            self.flush_browser_later(now, leg, exit);
        }
    }

    pub(super) fn ask_again(&mut self, now: Instant) -> bool {
        let Some(picture) = &mut self.picture else { return true };
        let due = picture.asked.is_none_or(|asked| now >= asked + KEYFRAME_INTERVAL);
        if due {
            picture.asked = Some(now);
        }
        due
    }

    /// What the browser says of the sound that we send it (RFC 3550 §6.4.1).
    pub(super) fn read_browser_report(&mut self, report: &MediaEgressStats) {
        let remote = &mut self.outgoing.remote;
        if let Some(round_trip) = report.rtt {
            remote.round_trip_ms = Some(round_trip.as_secs_f32() * 1_000.0);
        }
        if let Some(loss) = report.loss {
            remote.loss_percent = Some(loss * 100.0);
        }
        if let Some(reported) = &report.remote {
            let clock_hz = self.outgoing.clock_hz.max(1) as f32;
            remote.jitter_ms = Some(reported.jitter as f32 * 1_000.0 / clock_hz);
        }
    }
}

fn header_of(packet: &RtpPacket) -> Header {
    let header = &packet.header;
    Header {
        marker: header.marker,
        payload_type: *header.payload_type,
        sequence: header.sequence_number,
        timestamp: header.timestamp,
        ssrc: *header.ssrc,
        payload_offset: FIXED_HEADER_BYTES,
        payload_end: FIXED_HEADER_BYTES + packet.payload.len(),
    }
}

/// Whether our direction is to both or to that one.
fn may(direction: Direction, way: Direction) -> bool {
    direction == Direction::SendRecv || direction == way
}

fn picture_map(heard: &Sight<'_>, hearing: &Sight<'_>) -> [u8; 128] {
    let mut map = [NOT_SENT; 128];
    for (codec, _, receive_pt) in &heard.formats {
        let same = hearing.formats.iter().find(|(other, ..)| other.same_format(codec));
        if let (Some((_, send_pt, _)), Some(place)) = (same, map.get_mut(usize::from(*receive_pt))) {
            *place = send_pt & 0x7F;
        }
    }
    map
}
