//! Any bytes as a message: what parses can be asked for everything, and means the same after it was printed.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ramal_sip::auth::{parse_challenge, parse_credentials};
use ramal_sip::message::{HeaderName, Limits, Message};

fuzz_target!(|data: &[u8]| {
    let Ok(message) = Message::parse(Bytes::copy_from_slice(data), &Limits::default()) else { return };
    look(&message);
    let mut printed = Vec::new();
    message.print(&mut printed);
    // Defaults that printing adds may take what was just below a limit above it.
    let Ok(again) = Message::parse(Bytes::from(printed.clone()), &Limits::default()) else { return };
    let mut twice = Vec::new();
    again.print(&mut twice);
    assert_eq!(printed, twice, "printing is stable");
});

fn look(message: &Message) {
    if let Message::Request(request) = message {
        let _ = request.validate();
        let _ = (request.uri.user(), request.uri.ip(), request.uri.port(), request.uri.params().count());
        let _ = request.uri.headers().count();
    }
    if let Message::Response(response) = message {
        let _ = response.validate();
    }
    let headers = message.headers();
    let _ = (headers.via(), headers.from(), headers.to(), headers.contacts(), headers.refer_to());
    let _ = (headers.cseq(), headers.call_id(), headers.max_forwards(), headers.expires(), headers.replaces());
    let _ = (headers.routes(), headers.record_routes(), headers.asserted_identities(), headers.retry_after());
    for (name, value) in headers.iter() {
        let _ = headers.values(name).count();
        let _ = (parse_credentials(value), parse_challenge(value));
    }
    let _ = headers.get(&HeaderName::Contact);
}
