/// What one message may cost. A message above a limit is refused, never cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Start line and headers with their line ends, in bytes.
    pub head_bytes: usize,
    /// One header with its folded lines, in bytes.
    pub line_bytes: usize,
    /// Number of headers (a header of comma-separated values counts once).
    pub headers: usize,
    /// Body, in bytes.
    pub body_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head_bytes: 16_384, line_bytes: 8_192, headers: 128, body_bytes: 65_536 }
    }
}
