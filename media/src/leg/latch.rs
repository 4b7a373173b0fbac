//! Source learning: whom a Leg hears and where it sends (symmetric RTP, RFC 4961), against RTP bleed.

use std::net::SocketAddr;

use super::settings::SourcePolicy;

/// Plain packets of one unexpected address, without another in between, before it is locked. One stray packet must
/// not move a call.
pub const LEARN_PACKETS: u8 = 3;
/// Packets of a learnt address, five seconds of speech, during which the address of the SDP still takes its place: what was learnt
/// may be a party of an earlier call who still sends to this port. Later the lock is final, and no forged packet moves it.
pub const PROVISIONAL_PACKETS: u64 = 250;

/// Whether a packet has proved who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It passed SRTP authentication.
    Authenticated,
    /// Plain RTP: anybody can write one.
    None,
}

/// What is to be done with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    /// And say so: this address is the peer from now on.
    AcceptAndLock,
    Refuse,
}

/// The source of one Leg.
#[derive(Clone, Debug)]
pub struct Latch {
    policy: SourcePolicy,
    signalled: SocketAddr,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Learning {
        candidate: Option<SocketAddr>,
        packets: u8,
    },
    /// `since`: how many packets the Leg had taken before.
    Locked {
        address: SocketAddr,
        since: u64,
    },
}

impl Latch {
    /// `signalled` is the address in the SDP.
    pub fn new(policy: SourcePolicy, signalled: SocketAddr) -> Self {
        Self { policy, signalled, state: State::Learning { candidate: None, packets: 0 } }
    }

    /// After an offer/answer: a new address or policy is learnt anew, the old one stays locked.
    pub fn reconfigure(&mut self, policy: SourcePolicy, signalled: SocketAddr) {
        if self.policy != policy || self.signalled != signalled {
            *self = Self::new(policy, signalled);
        }
    }

    /// Where to send: the locked address, or else the one of the SDP.
    pub fn target(&self) -> SocketAddr {
        match (self.policy, self.state) {
            (SourcePolicy::LearnAndLock, State::Locked { address, .. }) => address,
            (SourcePolicy::Exact | SourcePolicy::Open | SourcePolicy::LearnAndLock, _) => self.signalled,
        }
    }

    /// The address that is locked.
    pub fn locked(&self) -> Option<SocketAddr> {
        match self.state {
            State::Locked { address, .. } => Some(address),
            State::Learning { .. } => None,
        }
    }

    /// The usual case at the price of one comparison.
    pub fn is_locked_to(&self, from: SocketAddr) -> bool {
        matches!(self.state, State::Locked { address, .. } if address == from)
    }

    /// Judges a packet that is well formed, and authenticated where keys were agreed. An authenticated packet of a new
    /// address moves the lock: the peer's NAT gave it another port. `taken`: packets that the Leg has accepted so far.
    pub fn judge(&mut self, from: SocketAddr, proof: Proof, taken: u64) -> Verdict {
        match self.policy {
            SourcePolicy::Open => Verdict::Accept,
            SourcePolicy::Exact => self.judge_exact(from, taken),
            SourcePolicy::LearnAndLock => self.judge_learning(from, proof, taken),
        }
    }

    fn judge_exact(&mut self, from: SocketAddr, taken: u64) -> Verdict {
        if from != self.signalled {
            return Verdict::Refuse;
        }
        self.lock_once(from, taken)
    }

    fn lock_once(&mut self, from: SocketAddr, since: u64) -> Verdict {
        if self.is_locked_to(from) {
            return Verdict::Accept;
        }
        self.state = State::Locked { address: from, since };
        Verdict::AcceptAndLock
    }

    fn judge_learning(&mut self, from: SocketAddr, proof: Proof, taken: u64) -> Verdict {
        match self.state {
            State::Locked { address, .. } if address == from => Verdict::Accept,
            State::Locked { since, .. }
                if from == self.signalled && taken.saturating_sub(since) < PROVISIONAL_PACKETS =>
            {
                self.lock_once(from, taken)
            }
            State::Locked { .. } if proof == Proof::None => Verdict::Refuse,
            State::Locked { .. } => self.lock_once(from, taken),
            State::Learning { .. } if proof == Proof::Authenticated || from == self.signalled => {
                self.lock_once(from, taken)
            }
            State::Learning { candidate, packets } => {
                let packets = if candidate == Some(from) { packets.saturating_add(1) } else { 1 };
                if packets >= LEARN_PACKETS {
                    return self.lock_once(from, taken);
                }
                self.state = State::Learning { candidate: Some(from), packets };
                Verdict::Accept
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn the_address_of_the_sdp_is_locked_at_once() {
        let mut latch = Latch::new(SourcePolicy::LearnAndLock, address(4000));
        assert_eq!(latch.judge(address(4000), Proof::None, 0), Verdict::AcceptAndLock);
        assert_eq!(latch.judge(address(4000), Proof::None, 0), Verdict::Accept);
        assert_eq!(latch.judge(address(4002), Proof::None, 0), Verdict::Refuse);
    }

    #[test]
    fn a_phone_behind_nat_is_learnt_after_three_packets() {
        let mut latch = Latch::new(SourcePolicy::LearnAndLock, address(4000));
        assert_eq!(latch.judge(address(6000), Proof::None, 0), Verdict::Accept);
        assert_eq!(latch.judge(address(7000), Proof::None, 0), Verdict::Accept);
        assert_eq!(latch.judge(address(6000), Proof::None, 0), Verdict::Accept);
        assert_eq!(latch.judge(address(6000), Proof::None, 0), Verdict::Accept);
        assert_eq!(latch.target(), address(4000));
        assert_eq!(latch.judge(address(6000), Proof::None, 0), Verdict::AcceptAndLock);
        assert_eq!(latch.target(), address(6000));
    }

    #[test]
    fn the_party_takes_its_place_from_one_of_an_earlier_call_but_not_much_later() {
        let mut latch = Latch::new(SourcePolicy::LearnAndLock, address(4000));
        let stray: Vec<_> = (0..3).map(|taken| latch.judge(address(6000), Proof::None, taken)).collect();
        assert_eq!(stray, [Verdict::Accept, Verdict::Accept, Verdict::AcceptAndLock]);
        assert_eq!(latch.judge(address(7000), Proof::None, 10), Verdict::Refuse, "nobody else");
        assert_eq!(latch.judge(address(4000), Proof::None, 100), Verdict::AcceptAndLock);
        assert_eq!(latch.judge(address(6000), Proof::None, 101), Verdict::Refuse);
        let mut behind_nat = Latch::new(SourcePolicy::LearnAndLock, address(4000));
        for taken in 0..3 {
            let _ = behind_nat.judge(address(6000), Proof::None, taken);
        }
        assert_eq!(behind_nat.judge(address(4000), Proof::None, 252), Verdict::Refuse);
    }

    #[test]
    fn an_authenticated_source_may_move_and_a_new_sdp_address_is_learnt() {
        let mut latch = Latch::new(SourcePolicy::LearnAndLock, address(4000));
        assert_eq!(latch.judge(address(6000), Proof::Authenticated, 0), Verdict::AcceptAndLock);
        assert_eq!(latch.judge(address(6002), Proof::Authenticated, 0), Verdict::AcceptAndLock);
        latch.reconfigure(SourcePolicy::LearnAndLock, address(4000));
        assert_eq!(latch.locked(), Some(address(6002)));
        latch.reconfigure(SourcePolicy::LearnAndLock, address(4100));
        assert_eq!(latch.target(), address(4100));
    }

    #[test]
    fn exact_hears_nobody_else_and_open_hears_all() {
        let mut exact = Latch::new(SourcePolicy::Exact, address(4000));
        assert_eq!(exact.judge(address(4001), Proof::None, 0), Verdict::Refuse);
        assert_eq!(exact.judge(address(4000), Proof::None, 0), Verdict::AcceptAndLock);
        let mut open = Latch::new(SourcePolicy::Open, address(4000));
        assert_eq!(open.judge(address(4001), Proof::None, 0), Verdict::Accept);
        assert_eq!(open.target(), address(4000));
    }
}
