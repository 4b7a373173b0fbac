//! Bodies of requests: bytes of the plugin, and files of ours that it never sees.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use rand::Rng as _;
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf};

use crate::plugin::limits::MAX_REQUEST_BYTES;
use crate::plugin::wit::http::{Body as Asked, HttpError, Part, PartContent};

/// Bytes of a file that are read at once.
const READ_BYTES: usize = 64 << 10;
/// Parts of one body.
const MAX_PARTS: usize = 32;

/// What is sent, piece after piece. Its length is known beforehand.
pub struct OutgoingBody {
    pieces: VecDeque<Piece>,
    left_bytes: u64,
    media_type: Option<String>,
}

enum Piece {
    Bytes(Bytes),
    /// A file with the bytes that it still owes.
    File(File, u64),
}

impl OutgoingBody {
    /// Opens the files that it names.
    ///
    /// # Errors
    /// If it is too large, malformed, or names a file that is not there.
    pub async fn new(asked: Asked, files: &HashMap<String, PathBuf>) -> Result<Self, HttpError> {
        let mut body = Self { pieces: VecDeque::new(), left_bytes: 0, media_type: None };
        match asked {
            Asked::Empty => {}
            Asked::Bytes(bytes) => body.push_bytes(bytes),
            Asked::File(id) => body.push_file(&id, files).await?,
            Asked::Multipart(parts) => body.push_parts(parts, files).await?,
        }
        let own = body.pieces.iter().map(|piece| match piece {
            Piece::Bytes(bytes) => bytes.len(),
            Piece::File(..) => 0,
        });
        if own.sum::<usize>() > MAX_REQUEST_BYTES {
            return Err(HttpError::Invalid("the body is too large".to_owned()));
        }
        Ok(body)
    }

    /// The Content-Type that goes with it, where it is ours to say.
    pub fn media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    fn push_bytes(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        self.left_bytes += bytes.len() as u64;
        if !bytes.is_empty() {
            self.pieces.push_back(Piece::Bytes(bytes));
        }
    }

    async fn push_file(&mut self, id: &str, files: &HashMap<String, PathBuf>) -> Result<(), HttpError> {
        let gone = || HttpError::Invalid(format!("there is no file {id}"));
        let file = File::open(files.get(id).ok_or_else(gone)?).await.map_err(|_| gone())?;
        let length = file.metadata().await.map_err(|_| gone())?.len();
        self.left_bytes += length;
        if length > 0 {
            self.pieces.push_back(Piece::File(file, length));
        }
        Ok(())
    }

    /// RFC 7578; names are percent-encoded as browsers do it.
    async fn push_parts(
        &mut self,
        parts: Vec<Part>,
        files: &HashMap<String, PathBuf>,
    ) -> Result<(), HttpError> {
        if parts.len() > MAX_PARTS {
            return Err(HttpError::Invalid("too many parts".to_owned()));
        }
        let boundary = format!("ramal-{:032x}", rand::rng().random::<u128>());
        for part in parts {
            self.push_bytes(part_head(&boundary, &part)?);
            match part.content {
                PartContent::Bytes(bytes) => self.push_bytes(bytes),
                PartContent::File(id) => self.push_file(&id, files).await?,
            }
            self.push_bytes("\r\n");
        }
        self.push_bytes(format!("--{boundary}--\r\n"));
        self.media_type = Some(format!("multipart/form-data; boundary={boundary}"));
        Ok(())
    }
}

fn part_head(boundary: &str, part: &Part) -> Result<String, HttpError> {
    let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name));
    if let Some(name) = &part.file_name {
        head.push_str(&format!("; filename=\"{}\"", quoted(name)));
    }
    if let Some(media_type) = &part.media_type {
        if media_type.chars().any(char::is_control) {
            return Err(HttpError::Invalid("media type of a part".to_owned()));
        }
        head.push_str(&format!("\r\nContent-Type: {media_type}"));
    }
    head.push_str("\r\n\r\n");
    Ok(head)
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        let bytes = match body.pieces.pop_front() {
            None => return Poll::Ready(None),
            Some(Piece::Bytes(bytes)) => bytes,
            Some(Piece::File(mut file, owed)) => {
                let mut space = vec![0; READ_BYTES.min(usize::try_from(owed).unwrap_or(READ_BYTES))];
                let mut buffer = ReadBuf::new(&mut space);
                let polled = Pin::new(&mut file).poll_read(cx, &mut buffer);
                let filled = buffer.filled().len();
                if polled.is_pending() {
                    body.pieces.push_front(Piece::File(file, owed));
                    return Poll::Pending;
                }
                ready!(polled)?;
                if filled == 0 {
                    return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
                }
                space.truncate(filled);
                let owed = owed - filled as u64;
                if owed > 0 {
                    body.pieces.push_front(Piece::File(file, owed));
                }
                space.into()
            }
        };
        body.left_bytes = body.left_bytes.saturating_sub(bytes.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_file_goes_out_among_fields() {
        let path = std::env::temp_dir().join(format!("ramal-body-{}", std::process::id()));
        std::fs::write(&path, vec![7; 100_000]).unwrap();
        let files = HashMap::from([("f1".to_owned(), path.clone())]);
        let part =
            |name: &str, content| Part { name: name.to_owned(), file_name: None, media_type: None, content };
        let photo = Part {
            file_name: Some("a\".ogg".to_owned()),
            media_type: Some("audio/ogg".to_owned()),
            ..part("voice", PartContent::File("f1".to_owned()))
        };
        let parts = vec![part("chat_id", PartContent::Bytes(b"7".to_vec())), photo];
        let body = OutgoingBody::new(Asked::Multipart(parts), &files).await.unwrap();
        let media_type = body.media_type().unwrap().to_owned();
        let expected = body.left_bytes;
        let sent = body.collect().await.unwrap().to_bytes();
        assert_eq!(sent.len() as u64, expected);
        let text = String::from_utf8_lossy(&sent);
        let boundary = media_type.split_once("boundary=").unwrap().1;
        assert!(text.starts_with(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n"
        )));
        assert!(text.contains("filename=\"a%22.ogg\"\r\nContent-Type: audio/ogg\r\n\r\n\u{7}\u{7}"));
        assert!(text.ends_with(&format!("\u{7}\r\n--{boundary}--\r\n")));
        std::fs::remove_file(path).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_was_not_lent_is_not_there() {
        let outcome = OutgoingBody::new(Asked::File("../../etc/passwd".to_owned()), &HashMap::new()).await;
        assert!(matches!(outcome, Err(HttpError::Invalid(_))));
    }
}
