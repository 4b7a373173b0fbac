//! The media half of a Leg, made on a Worker: ports for RTP, or a place among the browsers.

use ramal_media::command::{Command, LegId};
use ramal_media::sdp::{Codec, LocalMedia, Negotiation, SrtpPolicy};
use ramal_media::webrtc::WebRtcLocal;

use super::calls::Book;
use super::context::{Context, MediaKind};
use super::end_reason::EndReason;
use super::leg::{Leg, MediaPhase};
use super::state::Call;

impl Call {
    /// Makes the media half of a Leg; nothing is agreed.
    ///
    /// # Errors
    /// No port is free, or browsers cannot be served.
    pub(super) fn add_media(
        &mut self,
        cx: &Context<'_>,
        book: &mut Book,
        media: MediaKind,
    ) -> Result<(LegId, Negotiation), EndReason> {
        let id = book.next_leg();
        let negotiation = match media {
            MediaKind::Rtp(srtp) => self.add_ports(cx, book, id, srtp)?,
            MediaKind::WebRtc => self.add_browser(cx, book, id)?,
        };
        book.by_leg.insert(id, self.id);
        Ok((id, negotiation))
    }

    fn add_ports(
        &self,
        cx: &Context<'_>,
        book: &mut Book,
        id: LegId,
        srtp: SrtpPolicy,
    ) -> Result<Negotiation, EndReason> {
        let sockets = cx.media.allocate().map_err(|error| {
            tracing::error!(
                call.id = %self.id, %error,
                "no media port: widen media.port_min..port_max or raise the limit of open files"
            );
            EndReason::Overloaded
        })?;
        let local = LocalMedia { rtp: sockets.rtp_address(), rtcp: sockets.rtcp_address(), srtp };
        self.command(cx, Command::AddLeg { leg: id, sockets });
        Ok(Negotiation::new(local, book.seed()))
    }

    /// Before a phone is answered: ports for its pictures, where it has offered any, or is to be offered some, and whoever it
    /// talks with shows some.
    pub(super) fn make_room_for_pictures(&mut self, cx: &Context<'_>, leg: LegId, spoken: &[Codec]) {
        let Some(party) = self.leg(leg) else { return };
        if party.offered.is_empty() || party.offered.iter().any(Codec::is_video) {
            self.open_pictures_of(cx, leg, spoken);
        }
    }

    /// The same before an offer of ours.
    pub(super) fn open_pictures_of(&mut self, cx: &Context<'_>, leg: LegId, spoken: &[Codec]) {
        let worker = self.worker;
        if let Some(negotiation) = self.leg_mut(leg).and_then(Leg::negotiation) {
            open_pictures(cx, worker, leg, negotiation, spoken);
        }
    }

    fn add_browser(
        &mut self,
        cx: &Context<'_>,
        book: &mut Book,
        id: LegId,
    ) -> Result<Negotiation, EndReason> {
        let home = self.record.organization.map_or(self.worker, |id| cx.media.home_of(id));
        let Some(face) = cx.media.browser_face(home) else {
            tracing::warn!(call.id = %self.id, "no call with a browser: media.webrtc.listen is empty");
            return Err(EndReason::MediaIncompatible);
        };
        self.go_home(cx, home)?;
        let ice = book.ice_credentials();
        let local =
            WebRtcLocal { ice: ice.clone(), fingerprint: face.fingerprint, candidates: face.candidates };
        self.command(cx, Command::AddBrowserLeg { leg: id, ice });
        Ok(Negotiation::webrtc(local, book.seed()))
    }

    /// Goes to the Worker of the organization's browsers: their Legs cannot move, all others can. Almost every Call begins
    /// there once a browser has registered.
    pub(super) fn go_home(&mut self, cx: &Context<'_>, home: usize) -> Result<(), EndReason> {
        if self.worker == home {
            return Ok(());
        }
        if self.recording.as_ref().is_some_and(|recording| recording.state.is_open()) {
            tracing::warn!(call.id = %self.id, "a recorded call cannot go to the first browser of its organization");
            return Err(EndReason::Overloaded);
        }
        for leg in self.legs.iter().filter(|leg| leg.media == MediaPhase::Placed) {
            cx.media.move_leg(leg.id, self.worker, home);
        }
        self.worker = home;
        Ok(())
    }
}

/// Ports for the pictures of a phone that has none, where its next description may speak of any. Without them the call has
/// sound alone.
pub(super) fn open_pictures(
    cx: &Context<'_>,
    worker: usize,
    leg: LegId,
    negotiation: &mut Negotiation,
    spoken: &[Codec],
) {
    if !negotiation.lacks_video_ports() || !spoken.iter().any(Codec::is_video) {
        return;
    }
    match cx.media.allocate() {
        Ok(sockets) => {
            negotiation.open_video(sockets.rtp_address(), sockets.rtcp_address());
            cx.media.send(worker, Command::AddPictures { leg, sockets });
        }
        Err(error) => tracing::warn!(
            leg = leg.0, %error,
            "no media port for pictures: widen media.port_min..port_max; the call goes on without"
        ),
    }
}
