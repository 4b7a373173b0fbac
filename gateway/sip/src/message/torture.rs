//! The messages of RFC 4475: the valid ones are taken, the others get what they are owed.

use bytes::Bytes;

use super::{HeaderName, Limits, Message, Method, ParseError, Request, Response, Scheme};

/// Reads a file of `testdata/rfc4475`: LF becomes CRLF, `<hex>` its bytes (RFC 4475 §2.2).
pub(super) fn bytes(name: &str) -> Bytes {
    let path = format!("{}/testdata/rfc4475/{name}.sip", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path).replace('\n', "\r\n");
    let mut out = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("<hex>") {
        let (hex, after) = after.split_once("</hex>").unwrap();
        out.extend_from_slice(before.as_bytes());
        let pairs = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        out.extend(pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()));
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    Bytes::from(out)
}

fn parse(name: &str) -> Result<Message, ParseError> {
    Message::parse(bytes(name), &Limits::default())
}

fn request(name: &str) -> Request {
    match parse(name) {
        Ok(Message::Request(request)) => request,
        other => panic!("{name}: {other:?}"),
    }
}

fn response(name: &str) -> Response {
    match parse(name) {
        Ok(Message::Response(response)) => response,
        other => panic!("{name}: {other:?}"),
    }
}

/// The status a message is owed: by the parse or by the validation; 0 when it is taken.
fn owed(name: &str) -> u16 {
    match parse(name) {
        Ok(Message::Request(request)) => {
            request.validate().map_or_else(|refusal| refusal.status.as_u16(), |()| 0)
        }
        Ok(Message::Response(_)) => panic!("{name} is a response"),
        Err(error) => {
            assert!(error.request.is_some(), "{name}: {error} and nobody to tell");
            error.status().as_u16()
        }
    }
}

#[test]
fn every_valid_message_is_taken_and_printed_without_loss() {
    let valid = [
        "wsinv",
        "intmeth",
        "esc01",
        "escnull",
        "esc02",
        "lwsdisp",
        "longreq",
        "dblreq",
        "semiuri",
        "transports",
        "mpart01",
        "unreason",
        "noreason",
    ];
    for name in valid {
        let message = parse(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        match &message {
            Message::Request(request) => assert_eq!(request.validate(), Ok(()), "{name}"),
            Message::Response(response) => assert_eq!(response.validate(), Ok(()), "{name}"),
        }
        let mut printed = Vec::new();
        message.print(&mut printed);
        assert_eq!(Message::parse(Bytes::from(printed), &Limits::default()), Ok(message), "{name}");
    }
}

#[test]
fn a_short_tortuous_invite_means_what_the_rfc_says() {
    let request = request("wsinv");
    let headers = &request.headers;
    assert_eq!(request.method, Method::Invite);
    assert_eq!(request.uri.param("unknownparam"), Some(""));
    assert_eq!(headers.to().unwrap().tag(), Some("1918181833n"));
    let from = headers.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag()), (Some("J Rosenberg \\\""), Some("98asjd8")));
    assert_eq!(headers.max_forwards(), Ok(Some(68)));
    assert_eq!(headers.cseq().unwrap().number, 9);
    assert_eq!(headers.get(&HeaderName::Subject), Some(&b""[..]));
    let vias: Vec<_> = headers.values(&HeaderName::Via).map(|via| super::Via::parse(via).unwrap()).collect();
    let hosts: Vec<_> = vias.iter().map(|via| (via.transport.as_str(), via.host.as_str())).collect();
    assert_eq!(hosts, [("UDP", "192.0.2.2"), ("TCP", "spindle.example.com"), ("UDP", "192.168.255.111")]);
    assert_eq!(vias[2].branch(), Some("z9hG4bK30239"));
    let unknown = HeaderName::Other("NewFangledHeader".into());
    assert_eq!(headers.get_str(&unknown), Some("newfangled value continued newfangled value"));
    let contact = headers.contact().unwrap();
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!((contact.params.get("newparam"), contact.params.get("q")), (Some("newvalue"), Some("0.33")));
    let routes = headers.routes().unwrap();
    assert_eq!(routes[0].uri.param("lr"), Some(""));
    assert_eq!(request.body.len(), 150);
}

#[test]
fn wide_ranges_of_characters_and_escapes_are_kept() {
    let wide = request("intmeth");
    assert_eq!(wide.method.as_str(), "!interesting-Method0123456789_*+`.%indeed'~");
    assert_eq!(wide.uri.host(), "example.com");
    assert_eq!(wide.headers.to().unwrap().display.as_deref(), Some("BEL:\u{7} NUL:\0 DEL:\u{7f}"));
    assert_eq!(wide.headers.from().unwrap().tag(), Some("_token~1'+`*%!-."));
    let escaped = request("esc01");
    assert_eq!(escaped.uri.user().as_deref(), Some("sips:user@example.com"));
    assert!(escaped.uri.to_string().contains("sips%3Auser%40example.com"));
    assert_eq!(escaped.headers.contact().unwrap().uri.param("lr"), Some(""));
    let nulls = request("escnull");
    assert_eq!(nulls.headers.to().unwrap().uri.user().as_deref(), Some("null-\0-null"));
    let percent = request("esc02");
    assert_ne!(percent.method, Method::Register);
    assert_eq!(percent.headers.all(&HeaderName::Contact).count(), 2);
    let semicolon = request("semiuri");
    assert_eq!(semicolon.uri.user().as_deref(), Some("user;par=u@example.net"));
    assert_eq!(semicolon.uri.param("par"), None);
    assert_eq!(request("lwsdisp").headers.from().unwrap().display.as_deref(), Some("caller"));
}

#[test]
fn bytes_after_the_body_are_not_part_of_a_datagram() {
    let request = request("dblreq");
    assert_eq!((request.method, request.body.len()), (Method::Register, 0));
}

#[test]
fn reason_phrases_may_be_unusual_or_empty() {
    assert!(response("unreason").reason.starts_with("= 2**3 * 5**2 но сто".as_bytes()));
    assert!(response("noreason").reason.is_empty());
}

#[test]
fn invalid_requests_are_owed_their_status() {
    let bad = [
        "badinv01",
        "clerr",
        "ncl",
        "scalar02",
        "quotbal",
        "ltgtruri",
        "lwsruri",
        "lwsstart",
        "escruri",
        "regbadct",
        "baddn",
        "mismatch01",
        "mismatch02",
        "insuf",
        "multi01",
        "mcl01",
    ];
    for name in bad {
        assert_eq!(owed(name), 400, "{name}");
    }
    assert_eq!(owed("badvers"), 505);
    assert_eq!((owed("unkscm"), owed("novelsc")), (416, 416));
}

#[test]
fn invalid_responses_are_dropped() {
    assert!(parse("bigcode").is_err());
    assert!(response("scalarlg").validate().is_err());
}

#[test]
fn what_only_other_layers_can_refuse_is_taken() {
    let taken = [
        "trws",
        "baddate",
        "badaspec",
        "badbranch",
        "unksm2",
        "bext01",
        "regaut01",
        "zeromf",
        "cparam01",
        "cparam02",
        "regescrt",
        "inv2543",
    ];
    for name in taken {
        assert_eq!(owed(name), 0, "{name}");
    }
    assert!(!request("badbranch").headers.via().unwrap().has_magic_cookie());
    assert_eq!(request("unksm2").headers.to().unwrap().uri.scheme(), Scheme::Other);
    assert!(request("cparam01").headers.contact().unwrap().params.contains("unknownparam"));
    assert!(request("cparam02").headers.contact().unwrap().params.is_empty());
    assert_eq!(response("bcast").validate(), Ok(()));
    assert!(!request("inv2543").body.is_empty());
}
