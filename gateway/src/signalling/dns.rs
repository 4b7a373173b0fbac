//! SRV records (RFC 2782), which the system's resolver does not give: where a carrier takes calls, and in which order.
//!
//! Asked over UDP, and over TCP where an answer is too long for that; what comes back is read with a limit on everything.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long one server may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(2);
/// Times that all servers are asked.
const ROUNDS: usize = 2;
/// Servers that are asked, as other resolvers do.
const SERVERS: usize = 3;
/// Records of one answer that are read.
const RECORDS: usize = 32;
/// Longest answer over UDP: we announce no more (RFC 1035 §4.2.1).
const DATAGRAM_BYTES: usize = 512;
/// Longest name in text (RFC 1035 §2.3.4).
const NAME_BYTES: usize = 253;
/// Pointers of one name that are followed.
const POINTERS: usize = 16;
const HEADER_BYTES: usize = 12;
const TYPE_SRV: u16 = 33;
const CLASS_IN: u16 = 1;
const PORT: u16 = 53;

/// One place where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Srv {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    /// Without the dot at its end; empty: the service is decidedly not there (RFC 2782).
    pub target: String,
}

/// Why nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsFault {
    #[error("no DNS server answers")]
    Silence,
    #[error("the DNS server failed with code {0}")]
    Server(u8),
    #[error("the answer of the DNS server cannot be read")]
    Unreadable,
    #[error("this is no name that can be asked for")]
    Name,
}

/// What one message says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Records(Vec<Srv>),
    /// It did not fit: ask over TCP.
    Truncated,
}

/// The servers of the system now: they change with the network that a machine is in.
pub async fn system_servers() -> Vec<SocketAddr> {
    servers_in(&tokio::fs::read_to_string("/etc/resolv.conf").await.unwrap_or_default())
}

fn servers_in(text: &str) -> Vec<SocketAddr> {
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    words
        .filter_map(|word| word.trim().parse().ok())
        .map(|ip| SocketAddr::new(ip, PORT))
        .take(SERVERS)
        .collect()
}

/// The records of a name; none: it has no such record, or there is no such name. The first three servers are asked.
///
/// # Errors
/// Nobody answered in a way that can be understood.
pub async fn srv(servers: &[SocketAddr], name: &str) -> Result<Vec<Srv>, DnsFault> {
    let mut fault = DnsFault::Silence;
    for _ in 0..ROUNDS {
        for server in servers.iter().take(SERVERS) {
            match timeout(ANSWER_TIME, ask(*server, name)).await {
                Ok(Ok(records)) => return Ok(records),
                Ok(Err(other)) => fault = other,
                Err(_) => {}
            }
        }
    }
    Err(fault)
}

async fn ask(server: SocketAddr, name: &str) -> Result<Vec<Srv>, DnsFault> {
    let id = rand::random();
    let query = query(id, name).ok_or(DnsFault::Name)?;
    let answer = over_udp(server, &query).await.map_err(|_| DnsFault::Silence)?;
    match read(&answer, id, &query)? {
        Answer::Records(records) => Ok(records),
        Answer::Truncated => {
            let answer = over_tcp(server, &query).await.map_err(|_| DnsFault::Silence)?;
            match read(&answer, id, &query)? {
                Answer::Records(records) => Ok(records),
                Answer::Truncated => Err(DnsFault::Unreadable),
            }
        }
    }
}

/// What is not from the server, or is no answer to this question, is thrown away; the system chooses a port that is hard to guess.
async fn over_udp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut buffer = [0; DATAGRAM_BYTES];
    loop {
        let length = socket.recv(&mut buffer).await?;
        let answer = buffer.get(..length).unwrap_or_default();
        if answer.len() >= query.len() && answer.get(..2) == query.get(..2) {
            return Ok(answer.to_vec());
        }
    }
}

async fn over_tcp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(query.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], query].concat()).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// A question for SRV, recursion desired (RFC 1035 §4.1).
fn query(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + name.len() + 6);
    bytes.extend(id.to_be_bytes());
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    if name.len() > NAME_BYTES {
        return None;
    }
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length))?;
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend(TYPE_SRV.to_be_bytes());
    bytes.extend(CLASS_IN.to_be_bytes());
    Some(bytes)
}

/// Reads an answer to `query`.
fn read(message: &[u8], id: u16, query: &[u8]) -> Result<Answer, DnsFault> {
    let word = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let header = |at: usize| word(at).ok_or(DnsFault::Unreadable);
    let flags = header(2)?;
    let is_answer = flags & 0x8000 != 0 && header(0)? == id && header(4)? == 1;
    let asked = query.get(HEADER_BYTES..).unwrap_or_default();
    let repeated = message.get(HEADER_BYTES..HEADER_BYTES + asked.len()).unwrap_or_default();
    if !is_answer || !repeated.eq_ignore_ascii_case(asked) {
        return Err(DnsFault::Unreadable);
    }
    match flags & 0x000f {
        0 => {}
        // There is no such name.
        3 => return Ok(Answer::Records(Vec::new())),
        code => return Err(DnsFault::Server(u8::try_from(code).unwrap_or(u8::MAX))),
    }
    if flags & 0x0200 != 0 {
        return Ok(Answer::Truncated);
    }
    let mut at = HEADER_BYTES + asked.len();
    let mut records = Vec::new();
    for _ in 0..usize::from(header(6)?).min(RECORDS) {
        let (_, rest) = name(message, at).ok_or(DnsFault::Unreadable)?;
        let (kind, length) = (header(rest)?, usize::from(header(rest + 8)?));
        let data = rest + 10;
        if message.len() < data + length {
            return Err(DnsFault::Unreadable);
        }
        // A CNAME may stand before them.
        if kind == TYPE_SRV && header(rest + 2)? == CLASS_IN {
            let (target, _) = name(message, data + 6).ok_or(DnsFault::Unreadable)?;
            let (priority, weight, port) = (header(data)?, header(data + 2)?, header(data + 4)?);
            records.push(Srv { priority, weight, port, target });
        }
        at = data + length;
    }
    Ok(Answer::Records(records))
}

/// The name at an offset, and where what follows begins (RFC 1035 §4.1.4).
fn name(message: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut text, mut after, mut pointers) = (String::new(), None, 0);
    loop {
        let length = usize::from(*message.get(at)?);
        match length {
            0 => return Some((text, after.unwrap_or(at + 1))),
            1..64 => {
                let label = message.get(at + 1..at + 1 + length)?;
                if !label.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)) {
                    return None;
                }
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(std::str::from_utf8(label).ok()?);
                if text.len() > NAME_BYTES {
                    return None;
                }
                at += 1 + length;
            }
            0xc0.. => {
                pointers += 1;
                if pointers > POINTERS {
                    return None;
                }
                after = after.or(Some(at + 2));
                at = (length & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: &str = "_sip._udp.carrier.example";

    /// An answer with these records; the owner's name is a pointer to the question.
    fn answer(id: u16, records: &[Srv], flags: u16) -> Vec<u8> {
        let mut bytes = query(id, NAME).unwrap();
        bytes[2..4].copy_from_slice(&flags.to_be_bytes());
        bytes[7] = u8::try_from(records.len()).unwrap();
        for record in records {
            let target: Vec<u8> = match record.target.is_empty() {
                true => vec![0],
                false => {
                    let asked = query(0, &record.target).unwrap();
                    asked[HEADER_BYTES..asked.len() - 4].to_vec()
                }
            };
            bytes.extend([0xc0, 12]);
            bytes.extend([0, 33, 0, 1, 0, 0, 0, 60]);
            bytes.extend(u16::try_from(6 + target.len()).unwrap().to_be_bytes());
            for number in [record.priority, record.weight, record.port] {
                bytes.extend(number.to_be_bytes());
            }
            bytes.extend(target);
        }
        bytes
    }

    fn place(priority: u16, port: u16, target: &str) -> Srv {
        Srv { priority, weight: 1, port, target: target.to_owned() }
    }

    #[test]
    fn records_are_read_and_a_name_that_is_not_there_has_none() {
        let all =
            [place(10, 5060, "a.carrier.example"), place(20, 5080, "b.carrier.example"), place(0, 0, "")];
        let asked = query(7, NAME).unwrap();
        assert_eq!(read(&answer(7, &all, 0x8180), 7, &asked), Ok(Answer::Records(all.to_vec())));
        assert_eq!(read(&answer(7, &[], 0x8183), 7, &asked), Ok(Answer::Records(Vec::new())));
        assert_eq!(read(&answer(7, &[], 0x8182), 7, &asked), Err(DnsFault::Server(2)));
        assert_eq!(read(&answer(7, &[], 0x8380), 7, &asked), Ok(Answer::Truncated));
    }

    #[test]
    fn what_answers_another_question_is_none() {
        let asked = query(7, NAME).unwrap();
        assert_eq!(read(&answer(8, &[], 0x8180), 7, &asked), Err(DnsFault::Unreadable));
        assert_eq!(read(&asked, 7, &asked), Err(DnsFault::Unreadable));
        let other = query(7, "_sip._udp.evil.example").unwrap();
        assert_eq!(read(&answer(7, &[], 0x8180), 7, &other), Err(DnsFault::Unreadable));
    }

    #[test]
    fn a_pointer_that_leads_round_is_followed_no_further() {
        let mut bytes = answer(7, &[place(1, 1, "a")], 0x8180);
        let at = bytes.len() - 3;
        bytes[at..at + 2].copy_from_slice(&[0xc0, u8::try_from(at).unwrap()]);
        assert_eq!(read(&bytes, 7, &query(7, NAME).unwrap()), Err(DnsFault::Unreadable));
    }

    #[test]
    fn names_that_cannot_be_asked_for_are_not() {
        assert!(query(1, &"a".repeat(64)).is_none() && query(1, "a..b").is_none());
        assert!(query(1, &"a.".repeat(200)).is_none());
    }

    #[test]
    fn the_system_says_whom_to_ask() {
        let text = "# x\nnameserver 127.0.0.53\nnameserver ::1\noptions edns0\nnameserver odd\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n";
        let found: Vec<String> = servers_in(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["127.0.0.53:53", "[::1]:53", "192.0.2.1:53"]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), cut in 0_usize..120) {
            let asked = query(7, NAME).unwrap();
            let _ = read(&bytes, 7, &asked);
            let mut whole = answer(7, &[place(1, 1, "a.carrier.example")], 0x8180);
            whole.truncate(cut);
            whole.extend(&bytes);
            let _ = read(&whole, 7, &asked);
        }
    }
}
