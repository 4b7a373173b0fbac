//! Numbers that we answer ourselves: echo, tone, announcement.

use ramal_media::command::LegId;
use ramal_media::command::{Repeat, Source};
use ramal_media::player::Tone;
use ramal_media::sdp::Direction;

use super::answer;
use super::calls::Book;
use super::context::Context;
use super::end_reason::EndReason;
use super::leg::{LegPhase, Outstanding};
use super::state::{Call, EndedBy, Phase};
use super::timer::Deadline;
use crate::model::Service;

impl Call {
    /// Answers the caller with one of our services.
    pub(super) fn serve(&mut self, cx: &mut Context<'_>, book: &mut Book, caller: LegId, service: &Service) {
        if let Service::Conference(conference) = service {
            return self.confer(cx, book, caller, conference);
        }
        let Some(source) = self.service_source(cx, caller, service) else {
            return self.end(cx, book, EndReason::NumberUnknown, EndedBy::System);
        };
        self.record.destination = Some(format!("service:{}", word(service)));
        match self.answer_here(cx, caller) {
            Ok(()) => {
                self.phase = Phase::Serving { leg: caller };
                self.hear(cx, caller, source);
                self.set_deadline(cx, book, cx.settings.max_call, Deadline::MaxDuration, 0);
            }
            Err(reason) => self.end(cx, book, reason, EndedBy::System),
        }
    }

    /// Answers a caller ourselves, with the codecs that we know.
    pub(super) fn answer_here(&mut self, cx: &mut Context<'_>, caller: LegId) -> Result<(), EndReason> {
        let Some(leg) = self.leg_mut(caller) else { return Err(EndReason::PeerLost) };
        let codecs = super::codecs::own();
        let sdp = match leg.outstanding {
            Outstanding::AnswerInAck => leg.offer_for(&codecs),
            Outstanding::None | Outstanding::PeerAgreement | Outstanding::Reinvite => match leg.negotiation()
            {
                Some(negotiation) => {
                    let answer = negotiation.answer(&codecs, Direction::SendRecv);
                    answer.map_err(|error| answer::end_reason_of(&error))?.0
                }
                None => Vec::new(),
            },
        };
        leg.phase = LegPhase::Up;
        self.accept(cx, caller, sdp);
        self.note_answer(cx);
        self.configure(cx, caller);
        Ok(())
    }

    pub(super) fn service_source(&self, cx: &Context<'_>, leg: LegId, service: &Service) -> Option<Source> {
        match service {
            Service::Busy => Some(Source::Tone(Tone::busy(self.country(cx)))),
            Service::Congestion => Some(Source::Tone(Tone::congestion(self.country(cx)))),
            Service::Echo => Some(Source::Leg(leg)),
            Service::Ringback => Some(Source::Tone(Tone::ringback(self.country(cx)))),
            Service::Tone => Some(Source::Tone(Tone::milliwatt())),
            Service::Announcement(announcement) => {
                let organization = self.record.organization.and_then(|id| cx.directory.organization(id));
                let prompt = cx.media.announcement(organization, announcement);
                if prompt.is_none() {
                    tracing::error!(call.id = %self.id, ?announcement, "announcement cannot be read: check its file");
                }
                prompt.map(|prompt| Source::Play { prompt, repeat: Repeat::Once })
            }
            Service::Conference(_) | Service::Queue(_) => None, // Neither is a sound.
        }
    }

    pub(super) fn play_finished(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        match self.phase {
            Phase::Serving { leg: served } if served == leg => {
                self.end(cx, book, EndReason::ServiceFinished, EndedBy::System);
            }
            Phase::Waiting { leg: waits } if waits == leg => self.play_music(cx),
            _ => self.clip_finished(cx, book, leg),
        }
    }
}

fn word(service: &Service) -> &'static str {
    match service {
        Service::Announcement(_) => "announcement",
        Service::Busy => "busy",
        Service::Congestion => "congestion",
        Service::Conference(_) => "conference",
        Service::Echo => "echo",
        Service::Queue(_) => "queue",
        Service::Ringback => "ringback",
        Service::Tone => "tone",
    }
}
