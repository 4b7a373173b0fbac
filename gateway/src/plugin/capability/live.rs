//! `live`: lasting lines of browsers, which an edge holds.

use crate::plugin::guest::Guest;
use crate::plugin::limits::MAX_FRAME_BYTES;
use crate::plugin::placement::Placement;
use crate::plugin::wit::live::Host;

/// The edge that holds the lines.
pub trait Lines: Send + Sync {
    /// Gives a frame to every line of a thread of this inbox, without waiting; says how many there are.
    fn push(&self, placement: &Placement, thread: &str, frame: &str) -> u32;
}

impl Host for Guest {
    fn push(&mut self, thread: String, frame: String) -> u32 {
        if !self.granted.live || frame.len() > MAX_FRAME_BYTES {
            return 0;
        }
        self.powers.lines.as_ref().map_or(0, |lines| lines.push(&self.placement, &thread, &frame))
    }
}
