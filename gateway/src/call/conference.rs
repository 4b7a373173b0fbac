//! Conferences: rooms that are there as long as somebody is in them. Each member is a Call of its own.

use std::collections::HashMap;

use ramal_media::command::{Hears, Part, RoomId, Speaks};

use super::calls::Calls;
use super::context::Context;
use super::end_reason::EndReason;
use super::state::{Call, EndedBy, Phase};
use crate::model::{CallId, Conference, OrganizationId};

/// How much louder or softer a member may be made, in decibels.
pub const GAIN_DB: std::ops::RangeInclusive<i8> = -20..=20;

/// Who is in which conference of this node.
#[derive(Default)]
pub struct Conferences {
    rooms: HashMap<(OrganizationId, String), Room>,
}

struct Room {
    id: RoomId,
    /// In the order they came.
    members: Vec<CallId>,
}

/// It has as many members as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Conferences {
    /// True when one more would be too many.
    pub fn is_full(&self, organization: OrganizationId, conference: &Conference) -> bool {
        let room = self.rooms.get(&(organization, conference.name.clone()));
        room.is_some_and(|room| room.members.len() >= conference.max_members as usize)
    }

    /// A Call comes in; `new` is the room if there is none yet.
    ///
    /// # Errors
    /// [`Conference::max_members`] are there.
    pub fn enter(
        &mut self,
        organization: OrganizationId,
        conference: &Conference,
        call: CallId,
        new: RoomId,
    ) -> Result<RoomId, Full> {
        if self.is_full(organization, conference) {
            return Err(Full);
        }
        let room = self.rooms.entry((organization, conference.name.clone()));
        let room = room.or_insert_with(|| Room { id: new, members: Vec::new() });
        room.members.push(call);
        Ok(room.id)
    }

    /// A Call is over, whether or not it was in any.
    pub fn leave(&mut self, call: CallId) {
        for room in self.rooms.values_mut() {
            room.members.retain(|member| *member != call);
        }
        self.rooms.retain(|_, room| !room.members.is_empty());
    }
}

/// A conference with those who are in it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct ConferenceSummary {
    pub name: String,
    pub members: Vec<MemberSummary>,
}

/// A member of a conference.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct MemberSummary {
    /// The call by which it is there.
    pub call: String,
    pub number: String,
    pub muted: bool,
    pub deaf: bool,
    /// How much louder or softer it is heard, in decibels.
    pub gain_db: i8,
    /// How loud it talks now, in dBov (0 is the loudest); absent while it is silent.
    pub level_dbov: Option<i8>,
    pub on_hold: bool,
    /// Nothing comes of its browser; it leaves when its grace is over.
    pub lost: bool,
    pub name: Option<String>,
    pub recorded: bool,
}

/// What becomes of a member; what is absent stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    pub muted: Option<bool>,
    pub deaf: Option<bool>,
    /// -20 to 20.
    pub gain_db: Option<i8>,
}

/// Why a member was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConferenceRefusal {
    #[error("no such member of a conference")]
    NoSuchMember,
}

impl Calls {
    /// The conferences of an organization, by name.
    pub fn conferences(&self, cx: &Context<'_>, organization: OrganizationId) -> Vec<ConferenceSummary> {
        let own = self.book.conferences.rooms.iter().filter(|((owner, _), _)| *owner == organization);
        let summary = |((_, name), room): (&(OrganizationId, String), &Room)| ConferenceSummary {
            name: name.clone(),
            members: room
                .members
                .iter()
                .filter_map(|call| self.calls.get(call)?.member_summary(cx))
                .collect(),
        };
        let mut all: Vec<ConferenceSummary> = own.map(summary).collect();
        all.sort_by(|left, right| left.name.cmp(&right.name));
        all
    }

    /// Mutes a member, makes it deaf, louder or softer.
    ///
    /// # Errors
    /// It is in no conference of the organization.
    pub fn change_member(
        &mut self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
        id: CallId,
        change: MemberChange,
    ) -> Result<MemberSummary, ConferenceRefusal> {
        self.member(organization, id)?;
        self.with(cx, id, |call, cx, _| call.change_part(cx, change));
        self.member(organization, id)?.member_summary(cx).ok_or(ConferenceRefusal::NoSuchMember)
    }

    /// Hangs a member up.
    ///
    /// # Errors
    /// It is in no conference of the organization.
    pub fn kick_member(
        &mut self,
        cx: &mut Context<'_>,
        organization: OrganizationId,
        id: CallId,
    ) -> Result<(), ConferenceRefusal> {
        self.member(organization, id)?;
        self.with(cx, id, |call, cx, book| call.end(cx, book, EndReason::Operator, EndedBy::System));
        Ok(())
    }

    fn member(&mut self, organization: OrganizationId, id: CallId) -> Result<&mut Call, ConferenceRefusal> {
        let call = self.calls.get_mut(&id).filter(|call| call.record.organization == Some(organization));
        let call = call.filter(|call| call.is_member());
        call.map(Box::as_mut).ok_or(ConferenceRefusal::NoSuchMember)
    }
}

impl Call {
    fn member_summary(&self, cx: &Context<'_>) -> Option<MemberSummary> {
        let Phase::Conferring(conferring) = &self.phase else { return None };
        let member = conferring.member()?;
        let leg = self.leg(conferring.leg)?;
        Some(MemberSummary {
            call: self.id.to_string(),
            number: leg.party.number().to_owned(),
            muted: member.part.speaks == Speaks::Nobody,
            deaf: member.part.hears == Hears::Nothing,
            gain_db: member.part.gain_db,
            level_dbov: member.level_dbov,
            on_hold: leg.holds(),
            lost: leg.is_lost(),
            name: self.name_of_party(cx, leg),
            recorded: self.is_being_recorded(),
        })
    }

    fn change_part(&mut self, cx: &Context<'_>, change: MemberChange) {
        let Phase::Conferring(conferring) = &mut self.phase else { return };
        let Some(member) = conferring.member_mut() else { return };
        member.part = changed(member.part, change);
        self.connect_conference(cx);
        self.retap(cx);
    }

    fn is_member(&self) -> bool {
        matches!(&self.phase, Phase::Conferring(conferring) if conferring.member().is_some())
    }
}

fn changed(part: Part, change: MemberChange) -> Part {
    let speaks = match change.muted {
        Some(true) => Speaks::Nobody,
        Some(false) => Speaks::Everyone,
        None => part.speaks,
    };
    let hears = match change.deaf {
        Some(true) => Hears::Nothing,
        Some(false) => Hears::Room,
        None => part.hears,
    };
    let wished = change.gain_db.unwrap_or(part.gain_db);
    Part { speaks, hears, gain_db: wished.clamp(*GAIN_DB.start(), *GAIN_DB.end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conference(max_members: u32) -> Conference {
        Conference { max_members, ..Conference::named("board") }
    }

    fn call(n: u8) -> CallId {
        CallId::new(0, [n; 10])
    }

    #[test]
    fn a_room_lasts_from_its_first_member_to_its_last() {
        let (mut conferences, house) = (Conferences::default(), OrganizationId(1));
        let first = conferences.enter(house, &conference(3), call(1), RoomId(7));
        assert_eq!(first, Ok(RoomId(7)));
        assert_eq!(conferences.enter(house, &conference(3), call(2), RoomId(8)), Ok(RoomId(7)));
        // Another organization's has the same name.
        let theirs = conferences.enter(OrganizationId(2), &conference(3), call(3), RoomId(9));
        assert_eq!(theirs, Ok(RoomId(9)));
        conferences.leave(call(1));
        conferences.leave(call(2));
        assert_eq!(conferences.enter(house, &conference(3), call(4), RoomId(10)), Ok(RoomId(10)));
    }

    #[test]
    fn the_one_too_many_is_refused() {
        let (mut conferences, house) = (Conferences::default(), OrganizationId(1));
        for member in 0..2 {
            conferences.enter(house, &conference(2), call(member), RoomId(1)).unwrap();
        }
        assert_eq!(conferences.enter(house, &conference(2), call(9), RoomId(2)), Err(Full));
    }

    #[test]
    fn no_conference_may_have_more_members_than_a_room_of_the_mixer() {
        assert_eq!(crate::model::MAX_CONFERENCE_MEMBERS as usize, ramal_media::mixer::MAX_MEMBERS);
    }
}
