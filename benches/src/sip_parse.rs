//! Reading and writing one INVITE as carriers send it. The floor is a search for its line ends, which any reader must do.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use memchr::memchr;
use ramal_sip::message::{Limits, Message, Request};

use crate::error::{BenchError, Outcome};
use crate::frame::{Aim, Bench, Figure, Options};

/// See the module.
pub const BENCH: Bench = Bench { name: "sip_parse", about: "an INVITE with SDP: parse, read, print", run };

/// With line ends as on disk; on the wire they are CRLF.
const INVITE: &str = include_str!("../testdata/invite.sip");
/// Runs in one sample: long enough for the clock.
const RUNS: u32 = 2_000;
/// Least number of samples, however short the window.
const MIN_SAMPLES: usize = 50;
const AIM_NS: f64 = 1_000.0;

fn run(options: &Options) -> Outcome<Vec<Figure>> {
    let wire = Bytes::from(INVITE.replace('\n', "\r\n"));
    let request = parse(&wire)?;
    let mut printed = Vec::new();
    request.print(&mut printed);
    let unit = "ns";
    let mut out = Vec::with_capacity(4_096);
    // The four take turns, so that a busy neighbour hits all alike.
    let mut works: [(&str, &mut dyn FnMut()); 4] = [
        ("lines", &mut || {
            black_box(lines(black_box(&wire)));
        }),
        ("parse", &mut || {
            black_box(parse(black_box(&wire)).ok());
        }),
        ("parse and read what a call needs", &mut || {
            black_box(parse(black_box(&wire)).ok().and_then(|request| read(&request)));
        }),
        ("print", &mut || {
            out.clear();
            black_box(&request).print(&mut out);
            black_box(&out);
        }),
    ];
    let [floor, parse, read, print] = medians(&mut works, options.window);
    let title = |what: &str, bytes: usize| format!("{what}, {bytes} bytes");
    Ok(vec![
        Figure::new(title("parse", wire.len()), parse, unit).floor(floor).aim(Aim::AtMost(AIM_NS)),
        Figure::new(title("parse and read a call's headers", wire.len()), read, unit).floor(floor),
        Figure::new(title("print", printed.len()), print, unit).aim(Aim::AtMost(AIM_NS)),
    ])
}

/// Median time of one run of each, in nanoseconds.
fn medians<const N: usize>(works: &mut [(&str, &mut dyn FnMut()); N], window: Duration) -> [f64; N] {
    let mut samples = [const { Vec::new() }; N];
    let end = Instant::now() + window;
    while Instant::now() < end || samples[0].len() < MIN_SAMPLES {
        for ((_, work), samples) in works.iter_mut().zip(&mut samples) {
            let start = Instant::now();
            for _ in 0..RUNS {
                work();
            }
            samples.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(RUNS));
        }
    }
    samples.map(|mut samples: Vec<f64>| {
        samples.sort_by(f64::total_cmp);
        samples[samples.len() / 2]
    })
}

fn parse(wire: &Bytes) -> Outcome<Request> {
    match Message::parse(wire.clone(), &Limits::default()) {
        Ok(Message::Request(request)) => Ok(request),
        Ok(Message::Response(_)) => Err(BenchError::subject("parser", "takes a request for a response")),
        Err(error) => Err(BenchError::subject("parser", error.to_string())),
    }
}

/// What a new call looks at before it is let in.
fn read(request: &Request) -> Option<u32> {
    let headers = &request.headers;
    let via = headers.via().ok()?;
    let (from, to) = (headers.from().ok()?, headers.to().ok()?);
    let contact = headers.contact().ok()?;
    let routes = headers.record_routes().ok()?;
    black_box((via, from, to, contact, routes, headers.call_id(), headers.max_forwards().ok()));
    headers.cseq().ok().map(|cseq| cseq.number)
}

/// The floor.
fn lines(mut rest: &[u8]) -> usize {
    let mut count = 0;
    while let Some(end) = memchr(b'\n', rest) {
        count += 1;
        rest = &rest[end + 1..];
    }
    count
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{INVITE, parse, read};

    #[test]
    fn the_invite_says_its_length_and_survives_a_print() {
        let wire = Bytes::from(INVITE.replace('\n', "\r\n"));
        let request = parse(&wire).expect("an INVITE");
        assert_eq!(read(&request), Some(31_862));
        let mut printed = Vec::new();
        request.print(&mut printed);
        assert_eq!(parse(&Bytes::from(printed)).expect("an INVITE"), request);
        let declared =
            INVITE.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
        assert_eq!(declared.parse(), Ok(request.body.len()));
    }
}
