//! Which of the two ways to carry media a description speaks.

/// How the media of a leg travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// RTP/AVP or RTP/SAVP between addresses in the description: phones and trunks.
    Rtp,
    /// ICE, DTLS-SRTP and BUNDLE (RFC 8829): browsers.
    WebRtc,
}

impl Dialect {
    /// What the first live audio stream of an offer speaks. [`Self::Rtp`] where there is none and for what cannot be read:
    /// the [`Negotiation`](super::Negotiation) then says what is wrong.
    pub fn of_offer(sdp: &[u8]) -> Self {
        let lines = sdp.split(|byte| matches!(byte, b'\r' | b'\n'));
        let audio = lines.filter_map(|line| std::str::from_utf8(line).ok()).filter_map(audio_line);
        audio.into_iter().find(|(port, _)| *port != "0").map_or(Self::Rtp, |(_, proto)| Self::of_proto(proto))
    }

    /// What a transport protocol speaks (RFC 5764 §8, RFC 7850 §3).
    pub(super) fn of_proto(proto: &str) -> Self {
        const DTLS: [&str; 4] =
            ["UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP"];
        if DTLS.iter().any(|known| proto.eq_ignore_ascii_case(known)) { Self::WebRtc } else { Self::Rtp }
    }
}

/// Port and protocol of an audio line.
fn audio_line(line: &str) -> Option<(&str, &str)> {
    let mut words = line.strip_prefix("m=")?.split_ascii_whitespace();
    words.next().filter(|media| media.eq_ignore_ascii_case("audio"))?;
    Some((words.next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_live_audio_line_decides() {
        let dialect = |sdp: &str| Dialect::of_offer(sdp.as_bytes());
        assert_eq!(dialect("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"), Dialect::WebRtc);
        assert_eq!(dialect("v=0\nm=audio 4000 RTP/SAVP 8\n"), Dialect::Rtp);
        assert_eq!(dialect("m=video 9 UDP/TLS/RTP/SAVPF 96\r\nm=audio 4000 RTP/AVP 0"), Dialect::Rtp);
        assert_eq!(dialect("m=audio 0 RTP/AVP 0\r\nm=audio  9  udp/tls/rtp/savpf  111"), Dialect::WebRtc);
        assert_eq!(dialect(""), Dialect::Rtp);
        assert_eq!(Dialect::of_offer(&[0xFF; 64]), Dialect::Rtp);
    }
}
