//! What the host knows of one running call: whose it is, what it may, what it has used.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use wasmtime::ResourceLimiter;

use crate::plugin::capability::Powers;
use crate::plugin::capability::http::HttpGate;
use crate::plugin::capability::log::LogGate;
use crate::plugin::limits::MAX_TABLE_ELEMENTS;
use crate::plugin::manifest::{Granted, Lack};
use crate::plugin::placement::Placement;

/// The data of one call's store.
pub struct Guest {
    pub plugin: Arc<str>,
    pub placement: Arc<Placement>,
    pub granted: Arc<Granted>,
    pub powers: Arc<Powers>,
    pub http: Arc<HttpGate>,
    pub log: Arc<LogGate>,
    /// Files that this call may send, by the id that the plugin was given.
    pub files: HashMap<String, PathBuf>,
    pub requests_left: u32,
    pub denied: Denied,
    /// Where it panicked, if it did and said so.
    pub panicked_at: Option<String>,
    pub meter: Meter,
}

/// Why the first request of a call that was not granted was refused, in words for the administrator.
pub type Denied = Arc<Denial>;

/// What became of the requests of one call.
#[derive(Debug, Default)]
pub struct Denial {
    /// The first is told; a second adds nothing.
    why: OnceLock<Lack>,
    went_out: AtomicBool,
}

impl Denial {
    /// A request was not granted.
    pub fn deny(&self, why: Lack) {
        let _ = self.why.set(why);
    }

    /// A request reached its provider, or may have.
    pub fn something_went_out(&self) {
        self.went_out.store(true, Ordering::Relaxed);
    }

    /// Why nothing went out; None also where something did: then the plugin alone knows what became of it.
    pub fn why_nothing_went_out(&self) -> Option<&Lack> {
        self.why.get().filter(|_| !self.went_out.load(Ordering::Relaxed))
    }
}

/// Time and memory of one call.
#[derive(Debug)]
pub struct Meter {
    ticks_left: u32,
    memory_bytes: usize,
    spent: Option<Spent>,
}

/// What ran out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spent {
    Memory,
    Time,
}

impl Meter {
    pub fn new(ticks: u32, memory_mib: u32) -> Self {
        Self { ticks_left: ticks, memory_bytes: (memory_mib as usize) << 20, spent: None }
    }

    /// Counts a tick of computing; false when there was none left.
    pub fn tick(&mut self) -> bool {
        match self.ticks_left.checked_sub(1) {
            Some(left) => {
                self.ticks_left = left;
                true
            }
            None => {
                self.spent = Some(Spent::Time);
                false
            }
        }
    }

    /// What ran out, if anything did.
    pub fn spent(&self) -> Option<Spent> {
        self.spent
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _most: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = desired <= self.memory_bytes;
        if !allowed {
            self.spent = Some(Spent::Memory);
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _most: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }
}

impl Guest {
    /// Takes one of the requests that this call may send.
    pub fn take_request(&mut self) -> bool {
        let left = self.requests_left.checked_sub(1);
        self.requests_left = left.unwrap_or(0);
        left.is_some()
    }
}
