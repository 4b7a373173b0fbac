//! DTMF between a party that sends events in RTP (RFC 4733) and one that sends INFO.
//!
//! Events between two legs that both agreed on telephone-event are forwarded as packets by the worker;
//! only a change of form comes through here.

use ramal_media::command::{Command, LegId};
use ramal_media::dtmf::Dtmf;
use ramal_sip::endpoint::ServerTx;
use ramal_sip::message::{Method, Request};

use super::answer;
use super::calls::Book;
use super::codecs;
use super::context::Context;
use super::leg::DtmfWay;
use super::overhear::Keys;
use super::page::PageEvent;
use super::picture;
use super::state::Call;

/// Limits of a digit's length, in milliseconds; what an INFO says outside them is moved to the nearer one.
const DURATION_MS: std::ops::RangeInclusive<u32> = 40..=5000;
const DEFAULT_DURATION_MS: u32 = 160;
/// INFO requests that may wait for a party's answer; digits above are lost. Nobody dials so fast.
const INFOS_LIMIT: usize = 32;

impl Call {
    /// A digit that came as an event in RTP.
    pub(super) fn dtmf_event(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        from: LegId,
        digit: Dtmf,
        duration_ms: u32,
    ) {
        if self.pin_digit(cx, book, from, digit) {
            return;
        }
        let Some(peer) = self.peer_of(from).and_then(|p| self.leg(p)) else { return };
        let (to, forwarded) = (peer.id, peer.takes_dtmf_events());
        if self.company.is_some() {
            // Of a room the worker forwards nothing.
            return self.pass_digit(cx, book, from, digit, duration_ms);
        }
        self.show_digit(cx, to, digit);
        if !forwarded {
            self.send_without_event(cx, book, (from, to), digit, duration_ms);
        }
    }

    /// A digit for a party that takes no events. One who takes INFO has said so; any other hears a tone where its audio is made
    /// here.
    fn send_without_event(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        (from, to): (LegId, LegId),
        digit: Dtmf,
        duration_ms: u32,
    ) {
        let (Some(talker), Some(listener)) = (self.leg(from), self.leg(to)) else { return };
        let transcoded = !codecs::share(&talker.agreed_codecs(), &listener.agreed_codecs());
        if transcoded && listener.dtmf == DtmfWay::Event {
            self.command(cx, Command::SendDtmf { leg: listener.on_worker(), digit, duration_ms });
        } else {
            self.send_info(cx, book, to, digit, duration_ms);
        }
    }

    /// An INFO: a digit, or the wish for a whole picture.
    pub(super) fn info(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        leg: LegId,
        tx: ServerTx,
        request: &Request,
    ) {
        let content_type = request.headers.content_type().unwrap_or_default();
        if picture::is_media_control(content_type) {
            cx.endpoint.respond(cx.now, tx, answer::status(200));
            return self.refresh_picture(cx, leg, &request.body);
        }
        let Some((digit, duration_ms)) = parse_info(content_type, &request.body) else {
            // RFC 6086 §4.2.2: a body that is not understood is refused; an empty INFO is a keep-alive.
            let code = if request.body.is_empty() { 200 } else { 415 };
            return cx.endpoint.respond(cx.now, tx, answer::status(code));
        };
        cx.endpoint.respond(cx.now, tx, answer::status(200));
        self.pass_digit(cx, book, leg, digit, duration_ms);
    }

    /// Sends a digit to the peer of a party in the form that the peer takes.
    pub(super) fn pass_digit(
        &mut self,
        cx: &mut Context<'_>,
        book: &mut Book,
        from: LegId,
        digit: Dtmf,
        duration_ms: u32,
    ) {
        if self.pin_digit(cx, book, from, digit) {
            return;
        }
        let Some(peer) = self.peer_of(from).and_then(|p| self.leg(p)) else { return };
        let (to, on_worker, as_event) = (peer.id, peer.on_worker(), peer.takes_dtmf_events());
        self.show_digit(cx, to, digit);
        if as_event {
            self.command(cx, Command::SendDtmf { leg: on_worker, digit, duration_ms });
        } else {
            self.send_without_event(cx, book, (from, to), digit, duration_ms);
        }
    }

    /// A page cannot see what comes as media.
    fn show_digit(&self, cx: &mut Context<'_>, to: LegId, digit: Dtmf) {
        if self.keys == Keys::Masked {
            return;
        }
        let event = PageEvent::Digit { call: self.id.to_string(), digit: digit.as_char() };
        self.tell_page(cx, to, event);
    }

    fn send_info(&mut self, cx: &mut Context<'_>, book: &mut Book, to: LegId, digit: Dtmf, duration_ms: u32) {
        let id = self.id;
        let Some(leg) = self.leg_mut(to).filter(|l| l.infos.len() < INFOS_LIMIT) else { return };
        let Some(dialog) = leg.dialog() else { return };
        let body = format!("Signal={}\r\nDuration={duration_ms}\r\n", digit.as_char());
        let body = Some(("application/dtmf-relay".to_owned(), body.into()));
        let tx = cx.endpoint.request_in_dialog(cx.now, dialog, Method::Info, Vec::new(), body);
        leg.infos.push(tx);
        book.by_request.insert(tx, id);
    }
}

/// Reads `application/dtmf-relay` (`Signal=5`, `Duration=160`) and `application/dtmf` (`5`).
fn parse_info(content_type: &str, body: &[u8]) -> Option<(Dtmf, u32)> {
    let media_type = content_type.split(';').next()?.trim();
    let text = std::str::from_utf8(body).ok()?;
    if media_type.eq_ignore_ascii_case("application/dtmf") {
        let digit = text.trim().chars().next()?;
        return Some((Dtmf::from_char(digit)?, DEFAULT_DURATION_MS));
    }
    if !media_type.eq_ignore_ascii_case("application/dtmf-relay") {
        return None;
    }
    let field = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let digit = Dtmf::from_char(field("Signal")?.chars().next()?)?;
    let duration_ms = field("Duration").and_then(|d| d.parse().ok()).unwrap_or(DEFAULT_DURATION_MS);
    Some((digit, duration_ms.clamp(*DURATION_MS.start(), *DURATION_MS.end())))
}

#[cfg(test)]
mod tests {
    use super::parse_info;

    #[test]
    fn relay_bodies_of_several_phones_are_read() {
        for body in ["Signal=5\r\nDuration=160\r\n", "Signal= 5\nDuration= 160", "signal=5\r\nduration=160"] {
            let (digit, duration_ms) = parse_info("application/dtmf-relay", body.as_bytes()).unwrap();
            assert_eq!((digit.as_char(), duration_ms), ('5', 160));
        }
        assert_eq!(parse_info("application/dtmf", b"#").unwrap().0.as_char(), '#');
    }

    #[test]
    fn absurd_lengths_are_bounded_and_nonsense_is_refused() {
        assert_eq!(parse_info("application/dtmf-relay", b"Signal=1\r\nDuration=4294967295").unwrap().1, 5000);
        assert!(parse_info("application/dtmf-relay", b"Signal=\r\n").is_none());
        assert!(parse_info("application/media_control+xml", b"<media_control/>").is_none());
        assert!(parse_info("application/dtmf-relay", &[0xff, 0xfe]).is_none());
    }
}
