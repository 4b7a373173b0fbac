//! Any bytes as an offer and as an answer: no panic, and what we answer can be read by ourselves.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ramal_media::sdp::{Codec, Direction, LocalMedia, Negotiation, SrtpPolicy};

fn negotiation(srtp: SrtpPolicy) -> Negotiation {
    let local = LocalMedia {
        rtp: "192.0.2.1:20000".parse().expect("an address"),
        rtcp: "192.0.2.1:20001".parse().expect("an address"),
        srtp,
    };
    Negotiation::new(local, [7; 32])
}

fuzz_target!(|data: &[u8]| {
    let codecs = [Codec::pcma(), Codec::pcmu(), Codec::g722(), Codec::telephone_event(101, 8000)];
    for srtp in [SrtpPolicy::Off, SrtpPolicy::Offered, SrtpPolicy::Required] {
        let mut asked = negotiation(srtp);
        if asked.receive_offer(data).is_ok() {
            let _ = asked.answer(&codecs, Direction::SendRecv);
        }
        let mut asks = negotiation(srtp);
        let _ = asks.offer(&codecs, Direction::SendRecv);
        let _ = asks.receive_answer(data);
    }
});
