//! Requests of providers and pages for an inbox.

use crate::chat::ChatError;
use crate::model::Inbox;
use crate::plugin::channels::{Channels, DeliveryError, Idle, Working};
use crate::plugin::fault::CallError;
use crate::plugin::wit::inbound::{Refusal, WebhookReply, WebhookRequest};

/// When a provider may try again, in seconds.
const RETRY_S: u32 = 5;

/// Why a request is not taken: an arm for each status.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HookRefusal {
    /// 400
    #[error("{0}")]
    Malformed(String),
    /// 403
    #[error("signature, token or origin are not right")]
    Unauthentic,
    /// 404
    #[error("there is no such inbox, or it is switched off")]
    NotThere,
    /// 503
    #[error("not now: try again later")]
    Later { after_s: u32 },
}

impl HookRefusal {
    pub(super) const LATER: Self = Self::Later { after_s: RETRY_S };
}

impl From<Refusal> for HookRefusal {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(reason) => Self::Malformed(reason),
            Refusal::NotOurs => Self::NotThere,
            Refusal::Temporary(_) => Self::LATER,
            Refusal::Unauthentic => Self::Unauthentic,
        }
    }
}

impl From<Idle> for HookRefusal {
    fn from(idle: Idle) -> Self {
        match idle {
            Idle::Off => Self::NotThere,
            // The provider keeps what it has until an administrator has mended this.
            Idle::NoPlugin | Idle::OtherKey => Self::LATER,
        }
    }
}

impl From<DeliveryError> for HookRefusal {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Chat(ChatError::NoInbox) => Self::NotThere,
            DeliveryError::Call(_) | DeliveryError::Chat(_) | DeliveryError::Store(_) => {
                tracing::warn!(%error, "what a provider brought could not be taken: it is asked to send it again");
                Self::LATER
            }
        }
    }
}

impl Channels {
    /// The inbox that a key stands for.
    ///
    /// # Errors
    /// There is none, it is switched off, or the database is away.
    pub async fn inbox_of_key(&self, key: &str) -> Result<Inbox, HookRefusal> {
        let found = self.store().inbox_of_key(key).await.map_err(DeliveryError::from)?;
        found.filter(|inbox| inbox.enabled).ok_or(HookRefusal::NotThere)
    }

    /// A request for an inbox. The reply is given only once its events are stored.
    ///
    /// # Errors
    /// Why it is refused; nothing of it is stored.
    pub async fn hook(&self, inbox: Inbox, request: WebhookRequest) -> Result<WebhookReply, HookRefusal> {
        let working = self.working(inbox)?;
        let delivery = working.plugin.receive(&working.placement, request).await;
        let delivery = self.called(&working, delivery)??;
        self.deliver(&working, delivery.events).await?;
        Ok(delivery.reply)
    }

    /// What came of a call, with its fault told to those who can mend it.
    pub(super) fn called<T>(
        &self,
        working: &Working,
        outcome: Result<T, CallError>,
    ) -> Result<T, HookRefusal> {
        outcome.map_err(|error| {
            self.learn_call(working.inbox.organization, &error);
            match error {
                CallError::Resting(rest) => HookRefusal::Later {
                    after_s: u32::try_from(rest.as_secs()).unwrap_or(u32::MAX).saturating_add(1),
                },
                CallError::Busy
                | CallError::Failed(_)
                | CallError::Host(_)
                | CallError::NotGranted(_)
                | CallError::NotThere => HookRefusal::LATER,
            }
        })
    }
}
