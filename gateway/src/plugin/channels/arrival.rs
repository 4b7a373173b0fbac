//! A conversation that arrives: the rules of its Organization are asked, then it is routed. A rule that fails, or takes longer than
//! it may, changes nothing.

use std::sync::Arc;

use serde_json::json;

use crate::model::{
    EndedByWhom, Inbox, InteractionEventKind, InteractionId, InteractionRow, Medium as Carried,
    OrganizationId, Rule,
};
use crate::plugin::channels::{Channels, Idle, wall_ms};
use crate::plugin::manifest::World;
use crate::plugin::placement::Placement;
use crate::plugin::wit::interaction::{Action, Interaction, Medium, Occasion};
use crate::store::{Directing, InteractionChange, InteractionStep, NewInteractionEvent, StoreError};

/// Rules of one Organization that are asked; an administrator cannot make more.
pub const MAX_RULES: usize = 32;
/// Priority of WIT that is served last, and counts as the usual one.
const LAST_PRIORITY: u8 = 9;

/// What rules decided, in their order.
#[derive(Debug, Default)]
struct Verdict {
    directing: Directing,
    said: Vec<String>,
    noted: Vec<String>,
    /// With the name of a disposition.
    closed: Option<Option<String>>,
}

/// Asks the rules about Interactions that a delivery began, and gives them to the floor. Comes back at once where no rule is asked.
pub async fn welcome(channels: &Channels, inbox: &Inbox, begun: Vec<InteractionId>) {
    if begun.is_empty() {
        return;
    }
    let organization = inbox.organization;
    let rules = rules(channels, organization).await;
    if rules.is_empty() {
        for interaction in begun {
            channels.parts().floor.arrived(organization, interaction).await;
        }
        return;
    }
    let (channels, inbox) = (channels.clone(), inbox.clone());
    // The provider does not wait for what rules think.
    tokio::spawn(async move {
        for interaction in begun {
            if let Err(error) = ask(&channels, &inbox, &rules, interaction).await {
                tracing::warn!(%error, interaction = interaction.0, "what rules decided could not be kept: it is routed without");
            }
            // A closed one is told to those who see it; the floor looks at its row.
            channels.parts().floor.arrived(organization, interaction).await;
        }
    });
}

async fn rules(channels: &Channels, organization: OrganizationId) -> Vec<Rule> {
    match channels.store().rules(organization).await {
        Ok(rules) => rules.into_iter().filter(|rule| rule.enabled).take(MAX_RULES).collect(),
        Err(error) => {
            tracing::warn!(%error, "the rules cannot be read: a conversation is routed without them");
            Vec::new()
        }
    }
}

async fn ask(
    channels: &Channels,
    inbox: &Inbox,
    rules: &[Rule],
    id: InteractionId,
) -> Result<(), StoreError> {
    let Some(row) = channels.store().interaction(inbox.organization, id).await? else { return Ok(()) };
    let occasion = Occasion::Arrived(shown(channels, inbox, &row));
    let mut verdict = Verdict::default();
    for rule in rules {
        let Ok((plugin, placement)) = channels.working_rule(rule) else { continue };
        match plugin.decide(&placement, occasion.clone()).await {
            Ok(Ok(actions)) => {
                for action in actions {
                    weigh(channels, &mut verdict, inbox.organization, action);
                }
            }
            Ok(Err(reason)) => {
                tracing::info!(rule = rule.id.0, reason, "a rule could not decide: as if it were not there");
            }
            Err(error) => channels.learn_call(inbox.organization, &error),
        }
        if verdict.closed.is_some() {
            break;
        }
    }
    carry_out(channels, &row, verdict).await
}

fn shown(channels: &Channels, inbox: &Inbox, row: &InteractionRow) -> Interaction {
    let directory = channels.directory();
    let queue = row.queue.and_then(|queue| directory.queue(row.organization, queue));
    Interaction {
        id: row.id.to_string(),
        protocol_number: row.protocol.clone(),
        medium: match row.medium {
            Carried::Chat => Medium::Conversation,
            Carried::Voice => Medium::Call,
        },
        channel: row.channel.clone(),
        inbox: Some(inbox.name.clone()),
        dialled: None,
        person: None,
        queue: queue.map(|queue| queue.name.clone()),
        started_at: u64::try_from(row.started_at_ms).unwrap_or_default(),
        tags: Vec::new(),
        attributes: Vec::new(),
    }
}

fn weigh(channels: &Channels, verdict: &mut Verdict, organization: OrganizationId, action: Action) {
    match action {
        Action::Close(disposition) => verdict.closed = Some(disposition),
        Action::Note(text) => verdict.noted.push(text),
        Action::Priority(priority) => {
            verdict.directing.priority = Some(LAST_PRIORITY.saturating_sub(priority.max(1)));
        }
        Action::Say(text) => verdict.said.push(text),
        Action::Tag(tag) => verdict.directing.tags.push(tag),
        Action::ToQueue(name) => match channels.directory().queue_by_name(organization, &name) {
            Some(queue) => verdict.directing.queue = Some(queue.id),
            None => tracing::info!(queue = %name, "a rule names a queue that is not there"),
        },
        // Of calls, or of a time after the arrival.
        Action::AskAgainInS(_)
        | Action::Attribute(_)
        | Action::Play(_)
        | Action::ToAgent(_)
        | Action::ToNumber(_) => tracing::debug!("an action of a rule that a conversation cannot take yet"),
    }
}

async fn carry_out(channels: &Channels, row: &InteractionRow, verdict: Verdict) -> Result<(), StoreError> {
    let Verdict { directing, said, noted, closed } = verdict;
    let (organization, id) = (row.organization, row.id);
    channels.store().direct_interaction(organization, id, &directing).await?;
    for text in noted {
        channels.store().add_note(organization, id, None, &text, wall_ms()).await?;
    }
    for text in said {
        if let Err(error) = channels.parts().chat.say(organization, id, &text, wall_ms()).await {
            tracing::info!(%error, interaction = id.0, "what a rule says could not be sent");
        }
    }
    match closed {
        Some(disposition) => close(channels, row, disposition.as_deref()).await,
        None => Ok(()),
    }
}

async fn close(
    channels: &Channels,
    row: &InteractionRow,
    disposition: Option<&str>,
) -> Result<(), StoreError> {
    let directory = channels.directory();
    let disposition = disposition
        .and_then(|title| directory.dispositions(row.organization).find(|known| known.title == title))
        .map(|known| known.id);
    let event = NewInteractionEvent {
        kind: InteractionEventKind::Closed,
        user: None,
        detail: json!({ "by": "rule" }),
    };
    let step = InteractionStep {
        interaction: row.id,
        change: InteractionChange::Closed { disposition, by: EndedByWhom::System },
        event: Some(event),
    };
    channels.store().record_steps(row.organization, wall_ms(), &[step], &[]).await?;
    channels.parts().floor.changed(row.organization, row.id).await;
    Ok(())
}

impl Channels {
    /// Puts a rule to work.
    pub(super) fn working_rule(
        &self,
        rule: &Rule,
    ) -> Result<(Arc<crate::plugin::Plugin>, Arc<Placement>), Idle> {
        if !rule.enabled {
            return Err(Idle::Off);
        }
        let plugin = self.plugin(&rule.plugin, World::Rule).ok_or(Idle::NoPlugin)?;
        let secrets = rule.secrets.iter().map(|(name, sealed)| {
            let label = Rule::secret_label(rule.organization, &rule.plugin, name);
            let opened = self.parts().key.open(&label, sealed).map_err(|_| Idle::OtherKey)?;
            Ok((name.clone(), opened))
        });
        let placement = Placement {
            organization: rule.organization,
            owner: rule.owner(),
            inbox: None,
            settings: rule.settings.clone(),
            secrets: secrets.collect::<Result<_, Idle>>()?,
        };
        Ok((plugin, Arc::new(placement)))
    }
}
