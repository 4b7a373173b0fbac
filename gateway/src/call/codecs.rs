//! Which codecs a party is offered or answered, so that the other one understands it: what needs no transcoding comes first,
//! and what only transcoding makes possible is there for those who share nothing.

use ramal_media::sdp::{Codec, Direction, KnownCodec, Negotiation, SdpError};

/// Who is going to read an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taker {
    /// Opus is offered to a browser whoever it talks with: it repairs what its network loses.
    Browser,
    Phone,
}

/// What we can speak when nobody else has said what to speak.
pub fn own() -> Vec<Codec> {
    let opus = Codec::opus(OPUS_PAYLOAD_TYPE);
    with_events(vec![Codec::pcma(), Codec::pcmu(), Codec::g722(), opus])
}

/// An offer to somebody who is to talk with a party that speaks these.
pub fn to_offer(spoken: &[Codec], taker: Taker) -> Vec<Codec> {
    let mut codecs = spoken.to_vec();
    if is_transcodable(spoken) {
        let wide =
            spoken.iter().any(|codec| matches!(codec.known(), Some(KnownCodec::G722 | KnownCodec::Opus)));
        let mut ours = vec![Codec::pcma(), Codec::pcmu()];
        if wide || taker == Taker::Browser {
            ours.insert(0, Codec::g722());
        }
        if taker == Taker::Browser {
            ours.insert(0, Codec::opus(free_payload_type(spoken, OPUS_PAYLOAD_TYPE)));
        }
        ours.retain(|our| spoken.iter().all(|codec| !codec.same_format(our)));
        let place = codecs.iter().position(|codec| !codec.is_speech()).unwrap_or(codecs.len());
        codecs.splice(place..place, ours);
    }
    with_events(codecs)
}

/// Our offer of these to a party.
pub fn offer(negotiation: &mut Negotiation, codecs: &[Codec]) -> Vec<u8> {
    let audio = with_video_apart(negotiation, codecs);
    negotiation.offer(&audio, Direction::SendRecv)
}

/// Answers the pending offer of somebody who talks with a party that speaks `spoken`: within that where possible, else within
/// what he `offered` and we can transcode.
///
/// # Errors
/// Those of [`Negotiation::answer`].
pub fn answer(
    negotiation: &mut Negotiation,
    offered: &[Codec],
    spoken: &[Codec],
) -> Result<Vec<u8>, SdpError> {
    let audio = with_video_apart(negotiation, spoken);
    let shared = negotiation.answer(&with_events(audio), Direction::SendRecv);
    let answered = match shared {
        Err(SdpError::NoCommonCodec) if is_transcodable(spoken) => {
            let ours = offered.iter().filter(|codec| codec.known().is_some() || !codec.is_speech());
            negotiation.answer(&ours.cloned().collect::<Vec<_>>(), Direction::SendRecv)
        }
        shared => shared,
    };
    answered.map(|(sdp, _)| sdp)
}

/// Video is forwarded or not there: its formats are told apart, and the rest is audio.
fn with_video_apart(negotiation: &mut Negotiation, codecs: &[Codec]) -> Vec<Codec> {
    let (video, audio): (Vec<Codec>, Vec<Codec>) = codecs.iter().cloned().partition(Codec::is_video);
    negotiation.set_video(&video);
    audio
}

/// Whether two parties that agreed on these hear each other, be it by transcoding.
pub fn understand(left: &[Codec], right: &[Codec]) -> bool {
    share(left, right) || (is_transcodable(left) && is_transcodable(right))
}

/// Whether two parties that agreed on these hear each other without transcoding.
pub fn share(left: &[Codec], right: &[Codec]) -> bool {
    let speech = |codec: &&Codec| codec.is_speech();
    left.iter().filter(speech).any(|codec| right.iter().any(|other| other.same_format(codec)))
}

/// Adds telephone-event where it is missing (RFC 4733 §2.4.1).
pub fn with_events(mut codecs: Vec<Codec>) -> Vec<Codec> {
    if !codecs.is_empty() && !codecs.iter().any(Codec::is_telephone_event) {
        let free = free_payload_type(&codecs, EVENT_PAYLOAD_TYPE);
        codecs.push(Codec::telephone_event(free, 8_000));
    }
    codecs
}

fn is_transcodable(codecs: &[Codec]) -> bool {
    codecs.iter().any(|codec| codec.known().is_some())
}

/// The usual number, or the highest free one where it is taken.
fn free_payload_type(codecs: &[Codec], usual: u8) -> u8 {
    let free = |payload_type: &u8| codecs.iter().all(|codec| codec.payload_type != *payload_type);
    Some(usual).filter(free).or_else(|| (96..=127).rev().find(free)).unwrap_or(usual)
}

/// As most others number them: some phones know no others.
const OPUS_PAYLOAD_TYPE: u8 = 111;
const EVENT_PAYLOAD_TYPE: u8 = 101;

#[cfg(test)]
mod tests {
    use super::*;

    fn g729() -> Codec {
        Codec { payload_type: 18, name: "G729".into(), clock_hz: 8_000, channels: 1, fmtp: None }
    }

    fn names(codecs: &[Codec]) -> Vec<&str> {
        codecs.iter().map(|codec| codec.name.as_str()).collect()
    }

    #[test]
    fn what_the_caller_speaks_is_offered_first_and_what_we_transcode_to_behind_it() {
        let offer = to_offer(&[Codec::pcmu()], Taker::Phone);
        assert_eq!(names(&offer), ["PCMU", "PCMA", "telephone-event"]);
        let offer = to_offer(&[Codec::opus(101), Codec::telephone_event(111, 48_000)], Taker::Phone);
        assert_eq!(names(&offer), ["opus", "G722", "PCMA", "PCMU", "telephone-event"]);
        let offer = to_offer(&[Codec::pcma()], Taker::Browser);
        assert_eq!(names(&offer), ["PCMA", "opus", "G722", "PCMU", "telephone-event"]);
        assert_eq!(names(&to_offer(&[g729()], Taker::Browser)), ["G729", "telephone-event"]);
    }

    #[test]
    fn numbers_do_not_collide() {
        let taken = Codec { payload_type: 111, ..Codec::opus(0) };
        let spoken = [Codec { name: "iLBC".into(), clock_hz: 8_000, channels: 1, ..taken }, Codec::pcma()];
        let offer = to_offer(&spoken, Taker::Browser);
        let mut numbers: Vec<u8> = offer.iter().map(|codec| codec.payload_type).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), offer.len());
    }

    #[test]
    fn two_parties_understand_each_other_unless_a_foreign_codec_is_between_them() {
        assert!(understand(&[Codec::opus(96)], &[Codec::pcma()]));
        assert!(!share(&[Codec::opus(96)], &[Codec::pcma()]));
        assert!(understand(&[g729()], &[g729()]));
        assert!(!understand(&[g729()], &[Codec::pcma()]));
    }
}
