//! A file of sound as the answer to a request, whole or in part (RFC 9110 §14).

use std::ops::{Range, RangeInclusive};
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

use super::problem::{Code, Problem};
use crate::recordings::Sound;

/// Bytes of a file that are read at once.
const PIECE_BYTES: u64 = 64 << 10;
/// The same of a recording, which may lie in a store of objects: each piece is a request to it.
const RECORDING_PIECE_BYTES: u64 = 512 << 10;

/// Which bytes are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(RangeInclusive<u64>),
    /// None of the file's.
    Nothing,
}

/// Answers with a WAV file, read as the other end takes it.
///
/// # Errors
/// The file is gone from the disk.
pub async fn wav(path: &Path, headers: &HeaderMap) -> Result<Response, Problem> {
    let mut file = File::open(path).await.map_err(|error| unreadable(&error))?;
    let length = file.metadata().await.map_err(|error| unreadable(&error))?.len();
    let part = match wanted(headers, length) {
        Ok(part) => part,
        Err(refusal) => return Ok(*refusal),
    };
    file.seek(SeekFrom::Start(part.start)).await.map_err(|error| unreadable(&error))?;
    let bytes = part.end - part.start;
    Ok(answer(&part, length, "audio/wav", Body::from_stream(pieces(file, bytes))))
}

/// Answers with a recording, wherever it lies, read as the other end takes it.
pub fn recording(sound: Sound, headers: &HeaderMap) -> Response {
    let (length, kind) = (sound.bytes(), sound.media_type());
    match wanted(headers, length) {
        Ok(part) => {
            let body = Body::from_stream(parts_of(sound, part.start..part.end));
            answer(&part, length, kind, body)
        }
        Err(refusal) => *refusal,
    }
}

/// A part of a file, and whether it is an answer to a Range.
struct Part {
    start: u64,
    end: u64,
    status: StatusCode,
}

fn wanted(headers: &HeaderMap, length: u64) -> Result<Part, Box<Response>> {
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    match asked(range, length) {
        Asked::Whole => Ok(Part { start: 0, end: length, status: StatusCode::OK }),
        Asked::Part(part) => {
            Ok(Part { start: *part.start(), end: part.end() + 1, status: StatusCode::PARTIAL_CONTENT })
        }
        Asked::Nothing => {
            let told = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            Err(Box::new((StatusCode::RANGE_NOT_SATISFIABLE, told).into_response()))
        }
    }
}

fn answer(part: &Part, length: u64, kind: &str, body: Body) -> Response {
    let mut response = (part.status, body).into_response();
    let head = response.headers_mut();
    let mut tell = |name, value: String| {
        head.extend(value.parse().ok().map(|value| (name, value)));
    };
    tell(header::CONTENT_TYPE, kind.to_owned());
    tell(header::CONTENT_LENGTH, (part.end - part.start).to_string());
    tell(header::ACCEPT_RANGES, "bytes".to_owned());
    tell(header::CACHE_CONTROL, "private, no-store".to_owned());
    if part.status == StatusCode::PARTIAL_CONTENT {
        tell(header::CONTENT_RANGE, format!("bytes {}-{}/{length}", part.start, part.end - 1));
    }
    response
}

/// The next part, piece by piece; what cannot be read cuts the answer off.
fn parts_of(sound: Sound, range: Range<u64>) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold((sound, range), |(sound, range)| async move {
        if range.start >= range.end {
            return Ok(None);
        }
        let piece = sound.read(range.start..range.end.min(range.start + RECORDING_PIECE_BYTES)).await;
        let piece = piece.map_err(std::io::Error::other)?;
        if piece.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let rest = range.start + piece.len() as u64..range.end;
        Ok(Some((Bytes::from(piece), (sound, rest))))
    })
}

fn unreadable(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "a recording cannot be read");
    Problem::node("The recording cannot be read", "Its file is gone, or the disk does not give it.")
        .coded(Code::RecordingUnreadable)
}

/// The next `left` bytes, piece by piece; a file that ends before cuts the answer off.
fn pieces(file: File, left: u64) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold((file, left), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; usize::try_from(left.min(PIECE_BYTES)).unwrap_or_default()];
        let count = file.read(&mut piece).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(count);
        let left = left.saturating_sub(u64::try_from(count).unwrap_or(left));
        Ok(Some((Bytes::from(piece), (file, left))))
    })
}

/// Reads a Range. One that is none, or asks for several parts, means the whole (RFC 9110 §14.2).
fn asked(range: Option<&str>, length: u64) -> Asked {
    let Some(set) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else { return Asked::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Asked::Whole };
    let end = length.saturating_sub(1);
    let part = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..=last.min(end),
        (Ok(first), Err(_)) if last.is_empty() => first..=end,
        (Err(_), Ok(count)) if first.is_empty() => length.saturating_sub(count)..=end,
        _ => return Asked::Whole,
    };
    let is_there = length > 0 && *part.start() <= end;
    if is_there { Asked::Part(part) } else { Asked::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_to_what_is_there() {
        assert_eq!(asked(Some("bytes=0-1"), 100), Asked::Part(0..=1));
        assert_eq!(asked(Some("bytes=90-"), 100), Asked::Part(90..=99));
        assert_eq!(asked(Some("bytes=90-4096"), 100), Asked::Part(90..=99));
        assert_eq!(asked(Some("bytes=-10"), 100), Asked::Part(90..=99));
        assert_eq!(asked(Some("bytes=-1000"), 100), Asked::Part(0..=99));
    }

    #[test]
    fn a_part_behind_the_end_is_nothing() {
        assert_eq!(asked(Some("bytes=100-"), 100), Asked::Nothing);
        assert_eq!(asked(Some("bytes=-0"), 100), Asked::Nothing);
        assert_eq!(asked(Some("bytes=0-"), 0), Asked::Nothing);
    }

    #[test]
    fn what_cannot_be_read_as_one_part_is_the_whole() {
        for odd in ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes=0-1,5-6", "lines=1-2"]
        {
            assert_eq!(asked(Some(odd), 100), Asked::Whole, "{odd}");
        }
        assert_eq!(asked(None, 100), Asked::Whole);
        assert_eq!(asked(Some("bytes=18446744073709551616-"), 100), Asked::Whole);
    }
}
