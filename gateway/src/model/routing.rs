//! Names and settings of what is routed: Queues where Interactions wait, and what an agent has room for.

row_id! {
    /// A queue.
    QueueId
}

row_id! {
    /// A Call or a Conversation on its way to an agent, for life.
    InteractionId
}

row_id! {
    /// Why an agent pauses, out of the list of a queue.
    PauseReasonId
}

row_id! {
    /// What came of an Interaction, out of the list of a queue.
    DispositionId
}

row_id! {
    /// A customer.
    ContactId
}

row_id! {
    /// The thread with a customer in one inbox.
    ConversationId
}

row_id! {
    /// One configured instance of a messaging service.
    InboxId
}

worded_enum! {
    /// What a queue carries, and so what an Interaction of it costs an agent.
    Medium {
        Chat = "chat",
        Voice = "voice",
    }
}

/// What one agent may have open at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Conversations. None while a call is open.
    pub chats: u32,
    /// Calls, each only for an agent who has nothing else open: 0 or 1.
    pub calls: u32,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { chats: 4, calls: 1 }
    }
}
