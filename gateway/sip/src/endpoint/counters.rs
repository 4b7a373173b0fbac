/// What happened that no event tells, since the endpoint was made. Plain numbers that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    pub requests_received: u64,
    pub responses_received: u64,
    pub messages_sent: u64,
    /// Bytes that were no SIP message.
    pub parse_errors: u64,
    /// Requests that parse but break RFC 3261; answered 4xx where an answer is owed.
    pub invalid_requests: u64,
    /// Requests refused without the layer above hearing of them: 405, 420, 481, 482, 491, 500.
    pub refused_requests: u64,
    /// Requests of the peer that came again and were absorbed or answered again.
    pub retransmissions_received: u64,
    /// Messages sent again by a timer.
    pub retransmissions_sent: u64,
    /// Responses that belong to no transaction.
    pub stray_responses: u64,
    /// ACKs that belong to no transaction and no dialog.
    pub stray_acks: u64,
    /// Client transactions that ended by timer B or F.
    pub timeouts: u64,
    /// Requests that met the limit of transactions.
    pub transaction_limit_hits: u64,
    /// INVITEs that met the limit of dialogs.
    pub dialog_limit_hits: u64,
    /// INVITEs beyond the rate of their source.
    pub invite_rate_limit_hits: u64,
    /// Provisional responses of one early dialog too many.
    pub early_dialog_limit_hits: u64,
    /// Digest challenges answered.
    pub challenges_answered: u64,
    /// Digest challenges not answered: foreign realm, unknown algorithm, loop.
    pub challenges_declined: u64,
}
