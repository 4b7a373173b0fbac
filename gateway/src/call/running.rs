//! The running Calls of an organization, as its supervisors see them.

use ramal_media::command::LegId;

use super::calls::Calls;
use super::company::Supervision;
use super::context::Context;
use super::leg::{Leg, LegPhase, Party};
use super::page::PageRecording;
use super::state::{Call, Phase};
use crate::model::{CallId, Direction, OrganizationId};

/// One that is not over.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct RunningCall {
    pub call: String,
    pub state: RunningState,
    pub direction: Direction,
    /// The title of the queue by which it came.
    pub queue: Option<String>,
    pub started_at_ms: i64,
    pub answered_at_ms: Option<i64>,
    pub recording: PageRecording,
    /// Whoever called first; those who have left are not named.
    pub parties: Vec<RunningParty>,
    /// There is somebody for whom a whisper would be, and whose place can be taken.
    pub has_agent: bool,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunningState {
    /// In a conference, or on the way in.
    Conference,
    Held,
    Ringing,
    /// At a number of the node's own: echo, announcement.
    Service,
    Talking,
    Transferring,
    /// In a queue.
    Waiting,
}

/// Somebody in a Call.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct RunningParty {
    pub number: String,
    pub name: Option<String>,
    pub role: RunningRole,
    /// Comes by a trunk.
    pub outside: bool,
    pub on_hold: bool,
    /// Nothing comes of its browser; it leaves when its grace is over.
    pub lost: bool,
    /// Of a supervisor.
    pub supervision: Option<Supervision>,
}

/// What somebody is in a Call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunningRole {
    /// Whom a whisper is for.
    Agent,
    Party,
    Supervisor,
    Third,
}

impl Calls {
    /// Whether a Call is one of the organization, and not over.
    pub fn runs(&self, organization: OrganizationId, id: CallId) -> bool {
        let own = self.calls.get(&id).filter(|call| call.record.organization == Some(organization));
        own.is_some_and(|call| !matches!(call.phase, Phase::Ending))
    }

    /// The Calls of an organization that are not over, the oldest first.
    pub fn running_of(&self, cx: &Context<'_>, organization: OrganizationId) -> Vec<RunningCall> {
        let own = self.calls.values().filter(|call| call.record.organization == Some(organization));
        let mut all: Vec<RunningCall> = own.filter_map(|call| call.running(cx, organization)).collect();
        all.sort_by(|left, right| (left.started_at_ms, &left.call).cmp(&(right.started_at_ms, &right.call)));
        all
    }
}

impl Call {
    fn queue_title(&self, cx: &Context<'_>, organization: OrganizationId) -> Option<String> {
        let name = self.record.queue.as_ref()?;
        let known = cx.directory.queue_by_name(organization, name);
        Some(known.map_or_else(|| name.clone(), |queue| queue.title.clone()))
    }

    fn running(&self, cx: &Context<'_>, organization: OrganizationId) -> Option<RunningCall> {
        let talks = |leg: &LegId| self.leg(*leg).is_some_and(|leg| !leg.holds());
        let state = match &self.phase {
            Phase::Ringing(_) => RunningState::Ringing,
            Phase::Talking { a, b } if talks(a) && talks(b) => RunningState::Talking,
            Phase::Talking { .. } => RunningState::Held,
            Phase::Transferring { .. } => RunningState::Transferring,
            Phase::Waiting { .. } => RunningState::Waiting,
            Phase::Conferring(_) => RunningState::Conference,
            Phase::Serving { .. } => RunningState::Service,
            Phase::Ending => return None,
        };
        let here = self.legs.iter().filter(|leg| leg.phase != LegPhase::Gone);
        Some(RunningCall {
            call: self.id.to_string(),
            state,
            direction: self.record.direction,
            queue: self.queue_title(cx, organization),
            started_at_ms: self.record.started_at_ms,
            answered_at_ms: self.record.answered_at_ms,
            recording: self.page_recording(),
            parties: here.map(|leg| self.running_party(cx, leg)).collect(),
            has_agent: self.advised().is_some(),
        })
    }

    fn running_party(&self, cx: &Context<'_>, leg: &Leg) -> RunningParty {
        let supervision = self.supervises(leg.id);
        RunningParty {
            number: leg.party.number().to_owned(),
            name: self.name_of_party(cx, leg),
            role: match supervision {
                Some(_) => RunningRole::Supervisor,
                None if self.is_third(leg.id) => RunningRole::Third,
                None if self.advised() == Some(leg.id) => RunningRole::Agent,
                None => RunningRole::Party,
            },
            outside: matches!(leg.party, Party::Trunk { .. }),
            on_hold: leg.phase == LegPhase::Up && leg.holds(),
            lost: leg.is_lost(),
            supervision,
        }
    }
}
