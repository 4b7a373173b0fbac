//! Where facts wait on disk while the database is away: numbered files of JSON lines, delivered in order.
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use crate::store::Envelope;

/// A segment is closed at so many facts, so that delivered ones can be deleted while others wait.
const FACTS_PER_SEGMENT: usize = 4_096;
/// Longest line that is read back, in bytes.
const MAX_LINE_BYTES: u64 = 4 << 20;
const EXTENSION: &str = "jsonl";
const REFUSED: &str = "refused.jsonl";

/// Why the disk did not do its part.
#[derive(Debug, thiserror::Error)]
#[error("spool {path}: {error}")]
pub struct SpoolError {
    /// File or folder.
    pub path: PathBuf,
    /// From the system.
    pub error: std::io::Error,
}

/// The waiting facts of one node.
#[derive(Debug)]
pub(in crate::store) struct Spool {
    folder: PathBuf,
    waiting: VecDeque<u64>,
    next: u64,
    open: Option<(File, usize)>,
}

impl Spool {
    /// Opens the folder, made if missing, with what waits there from before.
    pub(in crate::store) fn open(folder: &Path) -> Result<Self, SpoolError> {
        let fail = |error| SpoolError { path: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(fail)?;
        let mut waiting = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(fail)? {
            waiting.extend(segment_number(&entry.map_err(fail)?.path()));
        }
        waiting.sort_unstable();
        let next = waiting.last().map_or(1, |last| last + 1);
        Ok(Self { folder: folder.to_owned(), waiting: waiting.into(), next, open: None })
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes a number now for facts that may have to be stored later, ahead of everything appended meanwhile.
    pub(in crate::store) fn reserve(&mut self) -> u64 {
        self.open = None;
        let number = self.next;
        self.next += 1;
        number
    }

    /// Stores facts under a reserved number.
    pub(in crate::store) fn store_reserved(
        &mut self,
        number: u64,
        facts: &[Envelope],
    ) -> Result<(), SpoolError> {
        let path = self.path(number);
        let fail = |error| SpoolError { path: path.clone(), error };
        let mut file = File::create(&path).map_err(fail)?;
        write_synced(&mut file, facts).map_err(fail)?;
        self.sync_folder()?;
        self.adopt(number);
        Ok(())
    }

    /// Appends facts behind all others; on return they are on the disk.
    pub(in crate::store) fn append(&mut self, facts: &[Envelope]) -> Result<(), SpoolError> {
        let (mut file, held) = match self.open.take() {
            Some((file, held)) if held < FACTS_PER_SEGMENT => (file, held),
            _ => (self.begin_segment()?, 0),
        };
        write_synced(&mut file, facts).map_err(|error| SpoolError { path: self.folder.clone(), error })?;
        self.open = Some((file, held + facts.len()));
        Ok(())
    }

    fn begin_segment(&mut self) -> Result<File, SpoolError> {
        let number = self.reserve();
        let path = self.path(number);
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| SpoolError { path: path.clone(), error })?;
        self.sync_folder()?;
        self.adopt(number);
        Ok(file)
    }

    /// Takes a file of the same form into the order, behind all others.
    pub(in crate::store) fn adopt_file(&mut self, file: &Path) -> Result<(), SpoolError> {
        let number = self.reserve();
        std::fs::rename(file, self.path(number))
            .map_err(|error| SpoolError { path: file.to_owned(), error })?;
        self.sync_folder()?;
        self.adopt(number);
        Ok(())
    }

    /// The oldest segment. A line that was cut off by a crash, or is none, is left out and counted.
    pub(in crate::store) fn oldest(&mut self) -> Result<Option<(u64, Vec<Envelope>, usize)>, SpoolError> {
        let Some(number) = self.waiting.front().copied() else { return Ok(None) };
        if self.waiting.len() == 1 {
            self.open = None;
        }
        let path = self.path(number);
        let fail = |error| SpoolError { path: path.clone(), error };
        let mut reader = BufReader::new(File::open(&path).map_err(fail)?);
        let (mut facts, mut unreadable) = (Vec::new(), 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = std::io::Read::take(&mut reader, MAX_LINE_BYTES)
                .read_until(b'\n', &mut line)
                .map_err(fail)?;
            if read == 0 {
                return Ok(Some((number, facts, unreadable)));
            }
            match serde_json::from_slice(&line) {
                Ok(fact) => facts.push(fact),
                Err(_) => unreadable += 1,
            }
        }
    }

    /// Deletes a segment whose facts are all in the database.
    pub(in crate::store) fn delete(&mut self, number: u64) -> Result<(), SpoolError> {
        let path = self.path(number);
        std::fs::remove_file(&path).map_err(|error| SpoolError { path, error })?;
        self.waiting.retain(|waiting| *waiting != number);
        Ok(())
    }

    /// Keeps a fact that the database will never take, for a person to look at.
    pub(in crate::store) fn keep_refused(&self, fact: &Envelope) -> Result<(), SpoolError> {
        let path = self.folder.join(REFUSED);
        let fail = |error| SpoolError { path: path.clone(), error };
        let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(fail)?;
        write_synced(&mut file, std::slice::from_ref(fact)).map_err(fail)
    }

    /// Puts a number where it belongs.
    fn adopt(&mut self, number: u64) {
        let place = self.waiting.partition_point(|waiting| *waiting < number);
        self.waiting.insert(place, number);
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:012}.{EXTENSION}"))
    }

    /// A new file's name survives a power cut only once its folder is on the disk.
    fn sync_folder(&self) -> Result<(), SpoolError> {
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| SpoolError { path: self.folder.clone(), error })
    }
}

/// A fact as one line.
pub(in crate::store) fn line(fact: &Envelope) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(fact)?;
    line.push(b'\n');
    Ok(line)
}

fn write_synced(file: &mut File, facts: &[Envelope]) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    for fact in facts {
        bytes.append(&mut line(fact)?);
    }
    file.write_all(&bytes)?;
    file.sync_data()
}

fn segment_number(path: &Path) -> Option<u64> {
    if path.extension()? != EXTENSION {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}
