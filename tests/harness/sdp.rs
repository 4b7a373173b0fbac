//! Session descriptions as text: what a phone offers and what it reads in an answer (RFC 8866, RFC 4568).

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::rtp::srtp::{Keys, Suite};

pub const PCMU: Format = Format { payload_type: 0, name: "PCMU/8000", fmtp: "" };
pub const PCMA: Format = Format { payload_type: 8, name: "PCMA/8000", fmtp: "" };
pub const G722: Format = Format { payload_type: 9, name: "G722/8000", fmtp: "" };
pub const G729: Format = Format { payload_type: 18, name: "G729/8000", fmtp: "annexb=no" };
pub const AMR: Format = Format { payload_type: 97, name: "AMR/8000", fmtp: "octet-align=1" };
pub const VP8: Format = Format { payload_type: 120, name: "VP8/90000", fmtp: "" };
pub const H264: Format =
    Format { payload_type: 121, name: "H264/90000", fmtp: "packetization-mode=1;profile-level-id=42e01f" };
pub const EVENTS: Format = Format { payload_type: 101, name: "telephone-event/8000", fmtp: "0-16" };

/// One format of an m-line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub payload_type: u8,
    /// Encoding name, slash, clock rate.
    pub name: &'static str,
    pub fmtp: &'static str,
}

/// A description to send.
#[derive(Clone, Debug)]
pub struct Description {
    pub address: SocketAddr,
    pub formats: Vec<Format>,
    /// `sendrecv`, `sendonly`, `recvonly` or `inactive`.
    pub direction: &'static str,
    /// Makes it RTP/SAVP with this key.
    pub keys: Option<Keys>,
    /// The o= version: raise it with each change.
    pub version: u32,
}

impl Description {
    pub fn new(address: SocketAddr, formats: &[Format]) -> Description {
        Description { address, formats: formats.to_vec(), direction: "sendrecv", keys: None, version: 1 }
    }

    pub fn direction(mut self, direction: &'static str) -> Description {
        self.direction = direction;
        self.version += 1;
        self
    }

    pub fn text(&self) -> String {
        let ip = self.address.ip();
        let profile = if self.keys.is_some() { "RTP/SAVP" } else { "RTP/AVP" };
        let types: Vec<String> = self.formats.iter().map(|f| f.payload_type.to_string()).collect();
        let mut out = format!(
            "v=0\r\no=wire 4711 {} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {} {profile} {}\r\n",
            self.version,
            self.address.port(),
            types.join(" "),
        );
        for format in &self.formats {
            out.push_str(&format!("a=rtpmap:{} {}\r\n", format.payload_type, format.name));
            if !format.fmtp.is_empty() {
                out.push_str(&format!("a=fmtp:{} {}\r\n", format.payload_type, format.fmtp));
            }
        }
        if let Some(keys) = &self.keys {
            out.push_str(&crypto_line(keys));
        }
        out.push_str(&format!("a=ptime:20\r\na={}\r\n", self.direction));
        out
    }
}

/// What a media line of a received description says.
#[derive(Clone, Debug)]
pub struct Remote {
    pub address: SocketAddr,
    pub profile: String,
    pub payload_types: Vec<u8>,
    /// Payload type and encoding name with clock, as mapped.
    pub maps: Vec<(u8, String)>,
    pub direction: String,
    pub keys: Option<Keys>,
}

impl Remote {
    /// Reads a description; panics with its text when there is no audio line.
    pub fn parse(text: &str) -> Remote {
        Remote::read(text, "m=audio ").unwrap_or_else(|| panic!("no audio in this description:\n{text}"))
    }

    /// What the first video line says; none where there is none, or it is refused.
    pub fn pictures(text: &str) -> Option<Remote> {
        Remote::read(text, "m=video ").filter(|remote| remote.address.port() != 0)
    }

    fn read(text: &str, media_line: &str) -> Option<Remote> {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let audio = lines.iter().position(|l| l.starts_with(media_line))?;
        let end = lines
            .iter()
            .skip(audio + 1)
            .position(|l| l.starts_with("m="))
            .map_or(lines.len(), |n| audio + 1 + n);
        let session = lines.iter().position(|l| l.starts_with("m=")).unwrap_or(audio);
        let media = &lines[audio..end];
        let fields: Vec<&str> = lines[audio][2..].split(' ').collect();
        let connection = media.iter().chain(&lines[..session]).find_map(|l| l.strip_prefix("c=IN IP4 "))?;
        let direction = media
            .iter()
            .chain(&lines[..session])
            .filter_map(|l| l.strip_prefix("a="))
            .find(|a| ["sendrecv", "sendonly", "recvonly", "inactive"].contains(a))
            .unwrap_or("sendrecv");
        Some(Remote {
            address: SocketAddr::new(connection.trim().parse().ok()?, fields.get(1)?.parse().ok()?),
            profile: (*fields.get(2)?).to_owned(),
            payload_types: fields[3..].iter().filter_map(|f| f.parse().ok()).collect(),
            maps: media.iter().filter_map(|l| map(l)).collect(),
            direction: direction.to_owned(),
            keys: media.iter().find_map(|l| crypto(l)),
        })
    }

    /// The payload type of an encoding, by static number or by map.
    pub fn payload_type(&self, name: &str) -> Option<u8> {
        let mapped = self.maps.iter().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(t, _)| *t);
        let fixed = [(0, "PCMU/8000"), (8, "PCMA/8000"), (9, "G722/8000"), (18, "G729/8000")];
        mapped.or_else(|| {
            fixed
                .iter()
                .find(|(t, n)| n.eq_ignore_ascii_case(name) && self.payload_types.contains(t))
                .map(|(t, _)| *t)
        })
    }
}

/// A key for a media line (RFC 4568 §9.1).
pub fn crypto_line(keys: &Keys) -> String {
    format!("a=crypto:1 {} inline:{}\r\n", keys.suite.name(), BASE64.encode(&keys.material))
}

fn map(line: &str) -> Option<(u8, String)> {
    let (payload_type, name) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    Some((payload_type.parse().ok()?, name.trim().trim_end_matches("/1").to_owned()))
}

fn crypto(line: &str) -> Option<Keys> {
    let mut parts = line.strip_prefix("a=crypto:")?.split(' ').skip(1);
    let suite = Suite::named(parts.next()?)?;
    let inline = parts.next()?.strip_prefix("inline:")?.split('|').next()?;
    Some(Keys { suite, material: BASE64.decode(inline).ok()? })
}

#[cfg(test)]
mod tests {
    use super::{Description, EVENTS, PCMA, Remote};
    use crate::rtp::srtp::{Keys, Suite};

    #[test]
    fn what_is_written_is_read_back() {
        let mut sent = Description::new(([127, 0, 0, 1], 4000).into(), &[PCMA, EVENTS]).direction("sendonly");
        sent.keys = Some(Keys::random(Suite::AesCm80));
        let read = Remote::parse(&sent.text());
        assert_eq!(read.address, sent.address);
        assert_eq!(read.profile, "RTP/SAVP");
        assert_eq!(read.payload_types, [8, 101]);
        assert_eq!(read.direction, "sendonly");
        assert_eq!(read.payload_type("telephone-event/8000"), Some(101));
        assert_eq!(read.keys.map(|k| k.material), sent.keys.map(|k| k.material));
    }
}
