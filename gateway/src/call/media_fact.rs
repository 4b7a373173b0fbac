//! Media events in words, for the trace of a Call.

use ramal_media::ears::Noticed;
use ramal_media::event::{Event, NotForwardable, RecordingEvent};
use ramal_media::leg::LegStatistics;

use super::calls::{Calls, leg_of};
use super::overhear;
use crate::model::CallId;

impl Calls {
    /// A media event as a line of its Call's trace; `None` for what comes all the time.
    pub fn media_fact(&self, event: &Event) -> Option<(CallId, String)> {
        let leg = leg_of(event);
        let id = match event {
            Event::Recording { recording, .. } => self.book.by_recording.get(recording)?,
            _ => self.book.by_leg.get(&leg?)?,
        };
        let fact = words(event)?;
        let party = leg.and_then(|leg| self.calls.get(id)?.leg(leg)).map(|leg| leg.party.label());
        let line = match party {
            Some(party) => format!("{party}: {fact}"),
            None => fact,
        };
        Some((*id, line))
    }
}

fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::AuthenticationFailed { packets, .. } => {
            format!(
                "{packets} packets failed authentication and were dropped: wrong SRTP keys, or a stranger"
            )
        }
        Event::BrowserClosed { .. } => "the browser has left".to_owned(),
        Event::BrowserConnected { .. } => "the browser is connected: ICE and DTLS are up".to_owned(),
        Event::BrowserLost { .. } => "nothing comes from the browser any more".to_owned(),
        // Keys may be a card number.
        Event::Dtmf { duration_ms, .. } => format!("a key was pressed for {duration_ms} ms"),
        Event::FirstMedia { .. } => "the first media came".to_owned(),
        Event::LegRemoved { statistics, .. } => format!("media is over: {}", totals(statistics)),
        Event::MediaResumed { .. } => "media comes again".to_owned(),
        Event::MediaTimeout { .. } => "no media comes any more".to_owned(),
        Event::NotForwardable { reason, .. } => {
            format!("cannot be sent what it should hear: {}", cause(*reason))
        }
        Event::Noticed { noticed, .. } => match noticed {
            Noticed::Answerer(_) | Noticed::Fax(_) => format!("was heard: {}", overhear::word(*noticed)),
            Noticed::Silence { .. } | Noticed::VoiceBegan | Noticed::VoiceEnded { .. } => return None,
        },
        Event::OneWayAudio { .. } => "nothing is heard of this party, though the other one speaks".to_owned(),
        Event::PictureWanted { .. } => "a whole picture of this party is needed".to_owned(),
        Event::PlayFinished { .. } => "the announcement has been played to its end".to_owned(),
        Event::Quality { .. } => return None,
        Event::Recording { event, .. } => recording(event),
        Event::SourceLocked { from, .. } => format!("from now on only {from} is heard"),
        Event::Talk { .. } => return None,
        Event::WrongSource { from, packets, .. } => {
            format!("{packets} packets were dropped: {from} is not the address of this party")
        }
    })
}

fn totals(counted: &LegStatistics) -> String {
    let mut text = format!(
        "received {} packets, {} lost, jitter {:.1} ms; sent {}",
        counted.packets_received, counted.packets_lost, counted.jitter_ms, counted.packets_sent
    );
    if !counted.codec.is_empty() {
        text = format!("{}, {text}", counted.codec);
    }
    if let Some(mos) = counted.mos {
        text.push_str(&format!("; MOS {mos:.1}"));
    }
    text
}

fn cause(reason: NotForwardable) -> &'static str {
    match reason {
        NotForwardable::NoCommonFormat => "the two sides share no format",
        NotForwardable::NoEncoder => "none of its codecs can be encoded here",
        NotForwardable::RoomFull => "its room has as many members as one may have",
        NotForwardable::SourceMissing => "the other side is on another worker",
    }
}

fn recording(event: &RecordingEvent) -> String {
    match event {
        RecordingEvent::Failed { reason } => format!("the recording is given up: {reason}"),
        RecordingEvent::Overrun { lost_ms } => {
            format!("the recording lost {lost_ms} ms: disk or recorder too slow")
        }
        RecordingEvent::Sealed { notes, path } => {
            format!("the recording is complete: {:.1} s in {}", notes.seconds, path.display())
        }
        RecordingEvent::Undecodable { codec } => {
            format!("the recording has silence for {codec}: not decoded here")
        }
    }
}

#[cfg(test)]
mod tests {
    use ramal_media::command::LegId;
    use ramal_media::dtmf::Dtmf;

    use super::*;

    #[test]
    fn a_trace_tells_facts_in_words_and_no_keys() {
        let leg = LegId(1);
        let key = Event::Dtmf { leg, digit: Dtmf::from_char('7').unwrap(), duration_ms: 120 };
        assert_eq!(words(&key).unwrap(), "a key was pressed for 120 ms");
        let statistics = LegStatistics {
            packets_received: 50,
            codec: "PCMA".into(),
            mos: Some(4.36),
            ..Default::default()
        };
        let text = words(&Event::LegRemoved { leg, statistics }).unwrap();
        assert_eq!(text, "media is over: PCMA, received 50 packets, 0 lost, jitter 0.0 ms; sent 0; MOS 4.4");
    }
}
