//! What a plugin can be asked, a function each.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use wasmtime::Store;

use crate::plugin::fault::CallError;
use crate::plugin::guest::Guest;
use crate::plugin::host::Plugin;
use crate::plugin::host::few::few;
use crate::plugin::host::plugin::Lent;
use crate::plugin::limits::{MAX_ATTACHMENT_BYTES, TimeLimit};
use crate::plugin::placement::Placement;
use crate::plugin::runner::{Instance, OtherWorld, Running, run};
use crate::plugin::supervision::Outcome;
use crate::plugin::wit::http::{HttpError, HttpRequest, HttpResponse};
use crate::plugin::wit::inbound::{Delivery, Event, Polled, Refusal, WebhookRequest};
use crate::plugin::wit::interaction::{Action, Occasion};
use crate::plugin::wit::outbound::{OutboundRequest, Receipt, SendError};
use crate::plugin::wit::setup::{Account, Entry, SetupError, Template};
use crate::plugin::wit::{Heard, Line, OpenedLine};

/// Calls a function of the exported interface of the world of channels.
macro_rules! on_messaging {
    ($plugin:expr, $placement:expr, $lent:expr, $limit:expr, |$messaging:ident, $store:ident| $call:expr) => {
        $plugin
            .call($placement, $lent, $limit, move |$store, instance| {
                Box::pin(async move {
                    let Instance::Channel(channel) = instance else { return Err(OtherWorld.into()) };
                    let $messaging = channel.ramal_plugin_messaging();
                    few($call.await?)
                })
            })
            .await
    };
}

/// The same for what speaks with a provider: where it failed and nothing but a request that is not granted was made, that is why.
macro_rules! on_provider {
    ($plugin:expr, $placement:expr, $files:expr, |$messaging:ident, $store:ident| $call:expr) => {{
        let lent = Lent { files: $files, ..Lent::default() };
        let denied = Arc::clone(&lent.denied);
        let outcome =
            on_messaging!($plugin, $placement, lent, TimeLimit::WORK, |$messaging, $store| { $call });
        match (outcome, denied.why_nothing_went_out()) {
            (Ok(Err(_)), Some(why)) => Err(CallError::NotGranted(why.clone())),
            (outcome, _) => outcome,
        }
    }};
}

/// Why a file is not fetched.
#[derive(Clone, PartialEq, Debug)]
pub enum FetchError {
    /// The plugin or its provider does not say where it lies.
    Source(SendError),
    /// Where it lies it cannot be had.
    Request(HttpError),
}

impl Plugin {
    /// See `messaging.connect`.
    ///
    /// # Errors
    /// Inside: the administrator's or the provider's fault. Outside: the plugin's or the host's.
    pub async fn connect(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        webhook_url: Option<String>,
    ) -> Result<Result<Account, SetupError>, CallError> {
        on_provider!(self, placement, HashMap::new(), |messaging, store| messaging
            .call_connect(store, webhook_url.as_deref()))
    }

    /// See `messaging.disconnect`.
    ///
    /// # Errors
    /// As [`Plugin::connect`].
    pub async fn disconnect(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
    ) -> Result<Result<(), SendError>, CallError> {
        on_provider!(self, placement, HashMap::new(), |messaging, store| messaging.call_disconnect(store))
    }

    /// See `messaging.entries`.
    ///
    /// # Errors
    /// As [`Plugin::connect`].
    pub async fn entries(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        field: String,
    ) -> Result<Result<Vec<Entry>, SetupError>, CallError> {
        on_provider!(self, placement, HashMap::new(), |messaging, store| messaging
            .call_entries(store, &field))
    }

    /// See `messaging.receive`. The caller stores the events and only then answers.
    ///
    /// # Errors
    /// Inside: why the request is refused. Outside: the plugin's or the host's fault; the provider is answered 503.
    pub async fn receive(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        request: WebhookRequest,
    ) -> Result<Result<Delivery, Refusal>, CallError> {
        on_messaging!(self, placement, Lent::default(), TimeLimit::PROMPT, |messaging, store| {
            messaging.call_receive(store, &request)
        })
    }

    /// See `messaging.poll`.
    ///
    /// # Errors
    /// As [`Plugin::connect`].
    pub async fn poll(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        cursor: Option<String>,
    ) -> Result<Result<Polled, SendError>, CallError> {
        on_provider!(self, placement, HashMap::new(), |messaging, store| messaging
            .call_poll(store, cursor.as_deref()))
    }

    /// See `messaging.send`. `files`: where the files of the request lie, by their id.
    ///
    /// # Errors
    /// Inside: what the provider said. Outside: the plugin's or the host's fault. After [`CallError::Failed`] nobody knows
    /// whether the provider took it.
    pub async fn send(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        request: OutboundRequest,
        files: HashMap<String, PathBuf>,
    ) -> Result<Result<Receipt, SendError>, CallError> {
        on_provider!(self, placement, files, |messaging, store| messaging.call_send(store, &request))
    }

    /// See `messaging.attachment-source`.
    ///
    /// # Errors
    /// As [`Plugin::connect`].
    pub async fn attachment_source(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        reference: String,
    ) -> Result<Result<HttpRequest, SendError>, CallError> {
        on_provider!(self, placement, HashMap::new(), |messaging, store| messaging
            .call_attachment_source(store, &reference))
    }

    /// Fetches a file that a customer sent, as `messaging.attachment-source` says where. The plugin sees nothing of it.
    ///
    /// # Errors
    /// As [`Plugin::connect`], and what became of the request.
    pub async fn fetch(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        reference: String,
    ) -> Result<Result<HttpResponse, FetchError>, CallError> {
        let source = match self.attachment_source(placement, reference).await? {
            Ok(source) => source,
            Err(error) => return Ok(Err(FetchError::Source(error))),
        };
        let desk = self.desk(placement, Instant::now());
        let guest = self.guest(placement, &desk, Lent::default(), TimeLimit::WORK);
        let fetched = self.threads.spawn(async move { guest.ask(source, MAX_ATTACHMENT_BYTES).await }).await;
        let fetched = fetched.map_err(|error| CallError::Host(error.to_string()))?;
        Ok(fetched.map_err(FetchError::Request))
    }

    /// See `messaging.list-templates`.
    ///
    /// # Errors
    /// As [`Plugin::connect`].
    pub async fn list_templates(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
    ) -> Result<Result<Vec<Template>, SendError>, CallError> {
        on_provider!(self, placement, HashMap::new(), |messaging, store| messaging.call_list_templates(store))
    }

    /// See `messaging.open-line`.
    ///
    /// # Errors
    /// As [`Plugin::receive`].
    pub async fn open_line(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        request: WebhookRequest,
    ) -> Result<Result<OpenedLine, Refusal>, CallError> {
        on_messaging!(self, placement, Lent::default(), TimeLimit::PROMPT, |messaging, store| {
            messaging.call_open_line(store, &request)
        })
    }

    /// See `messaging.hear-frame`.
    ///
    /// # Errors
    /// As [`Plugin::receive`].
    pub async fn hear_frame(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        line: Line,
        frame: String,
    ) -> Result<Result<Heard, Refusal>, CallError> {
        on_messaging!(self, placement, Lent::default(), TimeLimit::PROMPT, |messaging, store| {
            messaging.call_hear_frame(store, &line, &frame)
        })
    }

    /// See `messaging.close-line`.
    ///
    /// # Errors
    /// The plugin's or the host's fault.
    pub async fn close_line(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        thread: String,
    ) -> Result<Vec<Event>, CallError> {
        on_messaging!(self, placement, Lent::default(), TimeLimit::PROMPT, |messaging, store| {
            messaging.call_close_line(store, &thread)
        })
    }

    /// See `deciding.decide`. After an error, what would have happened without the rule happens.
    ///
    /// # Errors
    /// Inside: in the plugin's words. Outside: the plugin's or the host's fault.
    pub async fn decide(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        occasion: Occasion,
    ) -> Result<Result<Vec<Action>, String>, CallError> {
        self.call(placement, Lent::default(), TimeLimit::DECISION, move |store, instance| {
            Box::pin(async move {
                let Instance::Rule(rule) = instance else { return Err(OtherWorld.into()) };
                few(rule.ramal_plugin_deciding().call_decide(store, &occasion).await?)
            })
        })
        .await
    }

    /// Lets a call into its lane and runs it on the plugins' own threads. It runs to its end even if nobody waits.
    async fn call<R: Send + 'static>(
        self: &Arc<Self>,
        placement: &Arc<Placement>,
        lent: Lent,
        limit: TimeLimit,
        call: impl for<'a> FnOnce(&'a mut Store<Guest>, Instance) -> Running<'a, R> + Send + 'static,
    ) -> Result<R, CallError> {
        let (plugin, placement) = (Arc::clone(self), Arc::clone(placement));
        let whole = async move {
            let desk = plugin.desk(&placement, Instant::now());
            let admission = desk.lane.enter(Instant::now())?;
            let _turn =
                desk.lane.permits.acquire().await.map_err(|error| CallError::Host(error.to_string()))?;
            desk.lane.begin(Instant::now())?;
            let guest = plugin.guest(&placement, &desk, lent, limit);
            let outcome = run(&plugin.engine, &plugin.prepared, guest, limit, call).await;
            let rest = admission.end(Instant::now(), outcome_of(&outcome));
            if let (Err(CallError::Failed(fault)), Some(rest)) = (&outcome, rest) {
                desk.lane.note(fault);
                plugin.note(&placement, fault, rest);
            }
            outcome
        };
        match self.threads.spawn(whole).await {
            Ok(outcome) => outcome,
            Err(error) => Err(CallError::Host(error.to_string())),
        }
    }
}

fn outcome_of<R>(outcome: &Result<R, CallError>) -> Outcome {
    match outcome {
        Ok(_) => Outcome::Success,
        Err(CallError::Failed(_)) => Outcome::Fault,
        Err(
            CallError::Busy
            | CallError::Host(_)
            | CallError::NotGranted(_)
            | CallError::NotThere
            | CallError::Resting(_),
        ) => Outcome::NotRun,
    }
}
