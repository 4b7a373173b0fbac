//! The way from a Worker to its recorder: a ring of slots made beforehand, one writer, one reader, no lock. Full means
//! that packets are left out, never that the Worker waits.

use std::cell::UnsafeCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use super::Side;
use crate::codec::KnownCodec;

/// Bytes of payload a slot holds: 120 ms of G.711 or G.722, more of Opus. The rest of a longer packet is left out.
pub const PAYLOAD_BYTES: usize = 960;

/// What the recorder must know of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub recording: u64,
    pub side: Side,
    /// None: cannot be decoded here.
    pub codec: Option<KnownCodec>,
    pub clock_hz: u32,
    pub timestamp: u32,
    pub ssrc: u32,
    pub sequence: u16,
    pub arrival: Instant,
}

/// An order to the recorder, in its place among the packets.
#[derive(Debug)]
pub enum Control {
    Pause { recording: u64, at: Instant },
    Resume { recording: u64, at: Instant },
    Start { recording: u64, path: PathBuf, rate_hz: u32, at: Instant },
    Stop { recording: u64, at: Instant },
}

struct Slot {
    facts: Option<Facts>,
    length: usize,
    payload: [u8; PAYLOAD_BYTES],
}

struct Shared {
    slots: Box<[UnsafeCell<Slot>]>,
    /// Packets written since the beginning.
    head: AtomicU64,
    /// Packets read since the beginning.
    tail: AtomicU64,
}

// SAFETY: a slot is touched by the one Producer while its number is in tail+len.., and by the one Consumer while it is
// in tail..head; the release store and acquire load of `head` and `tail` hand it over.
unsafe impl Sync for Shared {}

/// The Worker's end.
pub struct Producer {
    shared: Arc<Shared>,
    control: mpsc::Sender<(u64, Control)>,
}

/// The recorder's end.
pub struct Consumer {
    shared: Arc<Shared>,
    control: mpsc::Receiver<(u64, Control)>,
    pending: Option<(u64, Control)>,
}

/// What came next.
#[derive(Debug)]
pub enum Item<'a> {
    Control(Control),
    Packet(Facts, &'a [u8]),
}

/// A ring of so many packets, at least one.
pub fn ring(packets: usize) -> (Producer, Consumer) {
    let slot = || UnsafeCell::new(Slot { facts: None, length: 0, payload: [0; PAYLOAD_BYTES] });
    let slots = (0..packets.max(1)).map(|_| slot()).collect();
    let shared = Arc::new(Shared { slots, head: AtomicU64::new(0), tail: AtomicU64::new(0) });
    let (sender, receiver) = mpsc::channel();
    (
        Producer { shared: shared.clone(), control: sender },
        Consumer { shared, control: receiver, pending: None },
    )
}

impl Shared {
    fn slot(&self, number: u64) -> Option<&UnsafeCell<Slot>> {
        self.slots.get((number % self.slots.len() as u64) as usize)
    }
}

impl Producer {
    /// Copies a packet into the ring; false where it is full.
    pub fn push(&mut self, facts: &Facts, payload: &[u8]) -> bool {
        let head = self.shared.head.load(Ordering::Relaxed);
        if head - self.shared.tail.load(Ordering::Acquire) >= self.shared.slots.len() as u64 {
            return false;
        }
        let Some(cell) = self.shared.slot(head) else { return false };
        // SAFETY: this slot is behind the reader (checked above), and `&mut self` is the only writer.
        let slot = unsafe { &mut *cell.get() };
        slot.facts = Some(*facts);
        slot.length = payload.len().min(PAYLOAD_BYTES);
        if let (Some(to), Some(from)) = (slot.payload.get_mut(..slot.length), payload.get(..slot.length)) {
            to.copy_from_slice(from);
        }
        self.shared.head.store(head + 1, Ordering::Release);
        true
    }

    /// An order that takes effect after the packets pushed so far. False where the recorder is gone. Orders are few: they
    /// come from people.
    pub fn control(&mut self, control: Control) -> bool {
        self.control.send((self.shared.head.load(Ordering::Relaxed), control)).is_ok()
    }
}

impl Consumer {
    /// Whether the Worker's end is gone. What it sent before is still here.
    pub fn is_closed(&self) -> bool {
        Arc::strong_count(&self.shared) == 1
    }

    /// Hands the next item to `take`; false where there is none now.
    pub fn next(&mut self, take: impl FnOnce(Item<'_>)) -> bool {
        let tail = self.shared.tail.load(Ordering::Relaxed);
        // Before the orders: one that was sent before a packet is then always seen before it.
        let head = self.shared.head.load(Ordering::Acquire);
        if self.pending.is_none() {
            self.pending = self.control.try_recv().ok();
        }
        if let Some((_, control)) = self.pending.take_if(|(position, _)| *position <= tail) {
            take(Item::Control(control));
            return true;
        }
        if tail == head {
            return false;
        }
        let Some(cell) = self.shared.slot(tail) else { return false };
        {
            // SAFETY: tail < head, so the writer has released this slot and does not touch it until `tail` moves on.
            let slot = unsafe { &*cell.get() };
            if let Some(facts) = slot.facts {
                take(Item::Packet(facts, slot.payload.get(..slot.length).unwrap_or(&[])));
            }
        }
        self.shared.tail.store(tail + 1, Ordering::Release);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(sequence: u16) -> Facts {
        Facts {
            recording: 1,
            side: Side::Left,
            codec: Some(KnownCodec::Pcmu),
            clock_hz: 8_000,
            timestamp: 0,
            ssrc: 1,
            sequence,
            arrival: Instant::now(),
        }
    }

    #[test]
    fn a_full_ring_refuses_and_goes_on_when_read() {
        let (mut producer, mut consumer) = ring(2);
        assert!(producer.push(&facts(1), &[1]) && producer.push(&facts(2), &[2; 2_000]));
        assert!(!producer.push(&facts(3), &[3]));
        assert!(consumer.next(|item| assert!(matches!(item, Item::Packet(Facts { sequence: 1, .. }, [1])))));
        assert!(producer.push(&facts(4), &[4]));
        assert!(consumer.next(|item| match item {
            Item::Packet(_, payload) => assert_eq!(payload.len(), PAYLOAD_BYTES),
            Item::Control(_) => panic!("no order was sent"),
        }));
    }

    #[test]
    fn an_order_keeps_its_place_among_the_packets() {
        let (mut producer, mut consumer) = ring(8);
        producer.push(&facts(1), &[]);
        producer.control(Control::Stop { recording: 9, at: Instant::now() });
        producer.push(&facts(2), &[]);
        let mut seen = Vec::new();
        while consumer.next(|item| seen.push(matches!(item, Item::Control(_)))) {}
        assert_eq!(seen, [false, true, false]);
    }

    #[test]
    fn two_threads_lose_and_mix_nothing() {
        let (mut producer, mut consumer) = ring(16);
        let writer = std::thread::spawn(move || {
            for number in 0..20_000_u16 {
                while !producer.push(&facts(number), &number.to_be_bytes()) {
                    std::thread::yield_now();
                }
            }
        });
        let mut expected = 0_u16;
        while expected < 20_000 {
            let read = consumer.next(|item| {
                let Item::Packet(facts, payload) = item else { return };
                assert_eq!((facts.sequence, payload), (expected, expected.to_be_bytes().as_slice()));
            });
            expected += u16::from(read);
        }
        writer.join().unwrap();
    }
}
