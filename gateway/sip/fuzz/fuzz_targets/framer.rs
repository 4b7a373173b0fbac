//! A stream cut at any places gives the same messages as in one piece.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ramal_sip::message::Limits;
use ramal_sip::transport::{Framed, Framer};

/// The messages of a stream, as far as it can be read.
fn messages(pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> Vec<bytes::Bytes> {
    let mut framer = Framer::new(Limits::default());
    let mut found = Vec::new();
    for piece in pieces {
        if framer.push(piece.as_ref()).is_err() {
            return found;
        }
        loop {
            match framer.next_frame() {
                Ok(Some(Framed::Message(message))) => found.push(message),
                Ok(Some(Framed::Ping | Framed::Pong)) => {}
                Ok(None) => break,
                Err(_) => return found,
            }
        }
    }
    found
}

fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = messages(std::iter::once(stream));
    let cut = messages(stream.chunks(usize::from(*size).max(1)));
    assert_eq!(whole, cut);
});
