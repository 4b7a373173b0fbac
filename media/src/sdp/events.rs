//! telephone-event beside the speech it goes with.

use super::Codec;

/// As browsers number it.
const WISHED_NUMBER: u8 = 110;

/// The codecs with a telephone-event for each clock of their speech, if they have one at all: events run on the clock of
/// the audio whose stream they share (RFC 4733 §2.1). What is added gets a number where the description is made.
pub(super) fn with_events(codecs: &[Codec]) -> Vec<Codec> {
    let mut all = codecs.to_vec();
    let Some(event) = codecs.iter().find(|codec| codec.is_telephone_event()) else { return all };
    for speech in codecs.iter().filter(|codec| codec.is_speech()) {
        let clock_hz = speech.clock_hz;
        if all.iter().all(|codec| !codec.is_telephone_event() || codec.clock_hz != clock_hz) {
            all.push(Codec { payload_type: WISHED_NUMBER, clock_hz, ..event.clone() });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_of_speech_has_its_events() {
        let event = Codec::telephone_event(101, 8_000);
        assert_eq!(with_events(&[Codec::pcma(), event.clone()]), [Codec::pcma(), event.clone()]);
        let added = with_events(&[Codec::opus(111), event.clone(), Codec::pcma()]);
        assert_eq!(added[1..3], [event, Codec::pcma()]);
        assert_eq!(added[3], Codec::telephone_event(WISHED_NUMBER, 48_000));
        assert_eq!(with_events(&[Codec::opus(111)]), [Codec::opus(111)], "nobody wants events");
    }
}
