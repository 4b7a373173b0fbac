//! Whole pictures, asked for by INFO (RFC 5168): phones that take no such request in RTCP ask and are asked this way.

use ramal_media::command::{Command, LegId};
use ramal_sip::message::Method;

use super::calls::Book;
use super::context::Context;
use super::state::Call;

const MEDIA_CONTROL: &str = "application/media_control+xml";
const FAST_UPDATE: &str = "picture_fast_update";
const BODY: &[u8] =
    b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<media_control><vc_primitive><to_encoder>\
    <picture_fast_update></picture_fast_update></to_encoder></vc_primitive></media_control>\r\n";

/// Whether the body of an INFO is about pictures.
pub(super) fn is_media_control(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(MEDIA_CONTROL))
}

impl Call {
    /// A party wants a whole picture of whoever it sees. Other controls of media are no concern of ours.
    pub(super) fn refresh_picture(&self, cx: &Context<'_>, leg: LegId, body: &[u8]) {
        if body.windows(FAST_UPDATE.len()).any(|window| window == FAST_UPDATE.as_bytes()) {
            self.command(cx, Command::RefreshPicture { leg: self.on_worker(leg) });
        }
    }

    /// A party is asked for a whole picture, unless an earlier request waits for its answer.
    pub(super) fn ask_for_picture(&mut self, cx: &mut Context<'_>, book: &mut Book, leg: LegId) {
        let id = self.id;
        let Some(party) = self.leg_mut(leg).filter(|party| party.refresh.is_none()) else { return };
        let Some(dialog) = party.dialog() else { return };
        let body = Some((MEDIA_CONTROL.to_owned(), BODY.into()));
        let tx = cx.endpoint.request_in_dialog(cx.now, dialog, Method::Info, Vec::new(), body);
        party.refresh = Some(tx);
        party.infos.push(tx);
        book.by_request.insert(tx, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_type_is_told_whatever_its_case_and_parameters() {
        assert!(is_media_control("Application/Media_Control+XML; charset=utf-8"));
        assert!(!is_media_control("application/dtmf-relay"));
        assert!(!is_media_control(""));
    }
}
