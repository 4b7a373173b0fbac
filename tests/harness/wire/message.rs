//! A SIP message as text: just enough reading and writing to play a phone or a carrier (RFC 3261 §7).

use std::net::SocketAddr;

/// One message as it came from the wire.
#[derive(Clone, Debug)]
pub struct Message {
    /// Request line or status line.
    pub start: String,
    /// Names as sent, values unfolded and trimmed.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Where it came from.
    pub source: SocketAddr,
}

impl Message {
    /// Reads a whole message; `None` when there is no head to read.
    pub fn parse(bytes: &[u8], source: SocketAddr) -> Option<Message> {
        let end = find(bytes, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]);
        let mut lines = head.split("\r\n");
        let start = lines.next()?.to_owned();
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Some(Message { start, headers, body: bytes[end + 4..].to_vec(), source })
    }

    /// The status of a response, `None` for a request.
    pub fn status(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The method of a request, `None` for a response.
    pub fn method(&self) -> Option<&str> {
        if self.start.starts_with("SIP/2.0 ") { None } else { self.start.split(' ').next() }
    }

    /// The Request-URI of a request.
    pub fn uri(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// First value of a header by its long name; the compact form counts too.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// All values of a header in order, one per header line.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let compact = compact(name);
        self.headers
            .iter()
            .filter(|(n, _)| {
                n.eq_ignore_ascii_case(name) || compact.is_some_and(|c| n.eq_ignore_ascii_case(c))
            })
            .map(|(_, v)| v.as_str())
            .collect()
    }

    pub fn call_id(&self) -> &str {
        self.header("Call-ID").unwrap_or_default()
    }

    /// Number and method of CSeq.
    pub fn cseq(&self) -> (u32, String) {
        let value = self.header("CSeq").unwrap_or_default();
        let (number, method) = value.split_once(' ').unwrap_or((value, ""));
        (number.trim().parse().unwrap_or(0), method.trim().to_owned())
    }

    /// The tag of From or To.
    pub fn tag(&self, header: &str) -> Option<String> {
        param(self.header(header)?, "tag").map(str::to_owned)
    }

    /// The branch of the top Via.
    pub fn branch(&self) -> String {
        self.header("Via").and_then(|v| param(v, "branch")).unwrap_or_default().to_owned()
    }

    /// The URI in the first Contact.
    pub fn contact_uri(&self) -> Option<String> {
        self.header("Contact").map(|c| uri_of(c).to_owned())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The whole message, for a failure's report.
    pub fn dump(&self) -> String {
        let mut out = format!("{}\n", self.start);
        for (name, value) in &self.headers {
            out.push_str(&format!("{name}: {value}\n"));
        }
        out.push('\n');
        out.push_str(&self.text());
        out
    }
}

/// The URI inside `"name" <uri>;params`, or the bare URI before its header parameters.
pub fn uri_of(name_addr: &str) -> &str {
    match (name_addr.find('<'), name_addr.find('>')) {
        (Some(open), Some(close)) if open < close => &name_addr[open + 1..close],
        _ => name_addr.split(';').next().unwrap_or_default().trim(),
    }
}

/// A parameter after the address part of a header value.
pub fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let after = value.rfind('>').map_or(value, |close| &value[close..]);
    after.split(';').skip(1).find_map(|p| {
        let (n, v) = p.split_once('=').unwrap_or((p, ""));
        n.trim().eq_ignore_ascii_case(name).then(|| v.trim())
    })
}

/// Writes a message: start line, headers, then Content-Type and Content-Length with the body.
pub fn write(start: &str, headers: &[(String, String)], body: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut out = format!("{start}\r\n");
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some((kind, _)) = body {
        out.push_str(&format!("Content-Type: {kind}\r\n"));
    }
    let bytes = body.map(|(_, b)| b).unwrap_or_default();
    out.push_str(&format!("Content-Length: {}\r\n\r\n", bytes.len()));
    let mut out = out.into_bytes();
    out.extend_from_slice(bytes);
    out
}

/// A response to `request` with what RFC 3261 §8.2.6.2 copies; `to_tag` is added when To has none.
pub fn response(
    request: &Message,
    status: u16,
    to_tag: &str,
    extra: &[(&str, &str)],
    body: Option<(&str, &[u8])>,
) -> Vec<u8> {
    let mut headers = Vec::new();
    for via in request.all("Via") {
        headers.push(("Via".to_owned(), with_received(via, request.source, headers.is_empty())));
    }
    for route in request.all("Record-Route") {
        headers.push(("Record-Route".to_owned(), route.to_owned()));
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let mut value = request.header(name).unwrap_or_default().to_owned();
        if name == "To" && param(&value, "tag").is_none() && status != 100 {
            value.push_str(&format!(";tag={to_tag}"));
        }
        headers.push((name.to_owned(), value));
    }
    headers.extend(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    write(&format!("SIP/2.0 {status} {}", reason(status)), &headers, body)
}

// RFC 3581 §4: the top Via gets the source when rport was asked for.
fn with_received(via: &str, source: SocketAddr, top: bool) -> String {
    if !top || !via.contains(";rport") || via.contains(";rport=") {
        return via.to_owned();
    }
    let filled = via.replace(";rport", &format!(";rport={}", source.port()));
    format!("{filled};received={}", source.ip())
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        503 => "Service Unavailable",
        603 => "Decline",
        _ => "Unnamed",
    }
}

fn compact(name: &str) -> Option<&'static str> {
    Some(match name {
        "Call-ID" => "i",
        "Contact" => "m",
        "Content-Length" => "l",
        "Content-Type" => "c",
        "From" => "f",
        "Subject" => "s",
        "Supported" => "k",
        "To" => "t",
        "Via" => "v",
        _ => return None,
    })
}

/// Where `needle` starts in `bytes`.
pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|w| w == needle)
}
