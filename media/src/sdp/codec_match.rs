//! Which codecs two lists have in common, and by which numbers (RFC 3264 §6.1).

use super::{AgreedCodec, Codec};

/// The outcome of one exchange.
#[derive(Clone, Debug)]
pub(super) struct Matched {
    /// Never empty; the first can carry speech.
    pub codecs: Vec<AgreedCodec>,
    pub dtmf: Option<AgreedCodec>,
    /// What an answer lists, telephone-event included.
    pub answered: Vec<Codec>,
}

/// Their offer against what we accept: our order, their numbers. None without a codec for speech.
pub(super) fn match_offer(ours: &[Codec], theirs: &[Codec]) -> Option<Matched> {
    let mut answered: Vec<Codec> = Vec::new();
    for our in ours {
        let alike = theirs.iter().find(|their| our.same_format(their));
        let Some(their) = alike.or_else(|| theirs.iter().find(|their| our.agrees_with(their))) else {
            continue;
        };
        if answered.iter().all(|codec| codec.payload_type != their.payload_type) {
            answered.push(Codec { fmtp: our.answered_fmtp(their), ..their.clone() });
        }
    }
    matched(answered.iter().map(|codec| (codec.clone(), codec.payload_type)).collect(), answered)
}

/// Their answer against our offer: their order. Each side is sent the numbers of its own list.
pub(super) fn match_answer(offered: &[Codec], answered: &[Codec]) -> Option<Matched> {
    let mut pairs: Vec<(Codec, u8)> = Vec::new();
    for their in answered {
        let same_number =
            offered.iter().find(|our| our.payload_type == their.payload_type && our.agrees_with(their));
        let Some(our) = same_number.or_else(|| offered.iter().find(|our| our.agrees_with(their))) else {
            continue;
        };
        if pairs.iter().all(|pair| pair.1 != our.payload_type) {
            pairs.push((their.clone(), our.payload_type));
        }
    }
    matched(pairs, Vec::new())
}

/// `pairs`: their codec with their number, and the number we receive it by.
fn matched(pairs: Vec<(Codec, u8)>, answered: Vec<Codec>) -> Option<Matched> {
    let (events, mut formats): (Vec<_>, Vec<_>) =
        pairs.into_iter().partition(|pair| pair.0.is_telephone_event());
    // Comfort noise may stand first in a list, but is nothing to talk with.
    formats.sort_by_key(|pair| !pair.0.is_speech());
    let preferred = &formats.first().filter(|pair| pair.0.is_speech())?.0;
    // Events run on the clock of the audio they go with (RFC 4733 §2.1); some phones know only 8,000 beside Opus.
    let event = events.iter().find(|pair| pair.0.clock_hz == preferred.clock_hz).or(events.first()).cloned();
    let agreed =
        |(codec, receive_pt): (Codec, u8)| AgreedCodec { send_pt: codec.payload_type, receive_pt, codec };
    Some(Matched { dtmf: event.map(agreed), codecs: formats.into_iter().map(agreed).collect(), answered })
}
