//! A file of sound as the answer to a request, whole or in part (RFC 9110 §14).

use std::ops::RangeInclusive;
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

use super::problem::Problem;

/// Bytes of a file that are read at once.
const PIECE_BYTES: u64 = 64 << 10;

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
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let (status, part) = match asked(range, length) {
        Asked::Whole => (StatusCode::OK, 0..=length.saturating_sub(1)),
        Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Asked::Nothing => {
            let told = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, told).into_response());
        }
    };
    file.seek(SeekFrom::Start(*part.start())).await.map_err(|error| unreadable(&error))?;
    let bytes = if length == 0 { 0 } else { part.end() - part.start() + 1 };
    let mut response = (status, Body::from_stream(pieces(file, bytes))).into_response();
    let head = response.headers_mut();
    let mut tell = |name, value: String| {
        head.extend(value.parse().ok().map(|value| (name, value)));
    };
    tell(header::CONTENT_TYPE, "audio/wav".to_owned());
    tell(header::CONTENT_LENGTH, bytes.to_string());
    tell(header::ACCEPT_RANGES, "bytes".to_owned());
    tell(header::CACHE_CONTROL, "private, no-store".to_owned());
    if status == StatusCode::PARTIAL_CONTENT {
        tell(header::CONTENT_RANGE, format!("bytes {}-{}/{length}", part.start(), part.end()));
    }
    Ok(response)
}

fn unreadable(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "a recording cannot be read");
    Problem::node("The recording cannot be read", "Its file is gone, or the disk does not give it.")
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
