//! Telephone events (RFC 4733 §2.3).

const DIGITS: &str = "0123456789*#ABCD";

/// One event packet's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub digit: char,
    pub end: bool,
    /// In timestamp units.
    pub duration: u16,
}

impl Event {
    pub fn write(self) -> Vec<u8> {
        let code = DIGITS.find(self.digit).expect("a DTMF digit") as u8;
        let duration = self.duration.to_be_bytes();
        vec![code, if self.end { 0x8a } else { 0x0a }, duration[0], duration[1]]
    }

    pub fn parse(payload: &[u8]) -> Option<Event> {
        let [code, flags, high, low] = *payload.first_chunk::<4>()?;
        let digit = DIGITS.chars().nth(usize::from(code))?;
        Some(Event { digit, end: flags & 0x80 != 0, duration: u16::from_be_bytes([high, low]) })
    }
}
