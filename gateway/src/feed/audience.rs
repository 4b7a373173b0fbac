//! Whom an event concerns. Asked when it is delivered, so that a right that was taken away counts at once.

use crate::model::{Directory, OrganizationId, Permission, QueueId, UserId};

/// Who may see an Interaction: the agent who has it or for whom it waits, else the members of the queue it waits in; and who may read all.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sight {
    pub queue: Option<QueueId>,
    pub agent: Option<UserId>,
}

/// Whom an event concerns, within its Organization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    Everybody,
    Interaction {
        queue: Option<QueueId>,
        agent: Option<UserId>,
    },
    /// Those who saw an Interaction and do not see it any more.
    Left {
        was: Sight,
        is: Sight,
    },
    /// One browser or program that is logged in, by the number of its row.
    Login(i64),
    NotPermitted(Permission),
    Permitted(Permission),
    User(UserId),
}

/// Who reads.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    pub directory: &'a Directory,
    pub organization: OrganizationId,
    pub user: UserId,
    /// Row number of his log-in.
    pub login: i64,
}

impl Viewer<'_> {
    /// Whether he may; nobody who is gone or switched off may anything.
    pub fn may(&self, permission: Permission) -> bool {
        self.directory.agent(self.organization, self.user).is_some_and(|agent| agent.may(permission))
    }

    /// Whether he may see such an Interaction.
    pub fn sees(&self, sight: Sight) -> bool {
        let own = match (sight.agent, sight.queue) {
            (Some(agent), _) => agent == self.user,
            (None, Some(queue)) => self
                .directory
                .queue(self.organization, queue)
                .is_some_and(|queue| queue.members.contains(&self.user)),
            (None, None) => false,
        };
        own || self.may(Permission::ReadAllInteractions)
    }
}

impl Audience {
    /// Whether the viewer belongs to it.
    pub fn reaches(&self, viewer: &Viewer<'_>) -> bool {
        match *self {
            Self::Everybody => true,
            Self::Interaction { queue, agent } => viewer.sees(Sight { queue, agent }),
            Self::Left { was, is } => viewer.sees(was) && !viewer.sees(is),
            Self::Login(login) => login == viewer.login,
            Self::NotPermitted(permission) => !viewer.may(permission),
            Self::Permitted(permission) => viewer.may(permission),
            Self::User(user) => user == viewer.user,
        }
    }
}

impl From<Sight> for Audience {
    fn from(Sight { queue, agent }: Sight) -> Self {
        Self::Interaction { queue, agent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Agent, Capacity, Medium, Queue, QueueDirection, Role, Staffing};

    const HERE: OrganizationId = OrganizationId(1);

    fn agent(id: i64, role: Role) -> Agent {
        Agent {
            id: UserId(id),
            organization: HERE,
            name: format!("agent {id}"),
            role,
            extension: None,
            webrtc: false,
            omnichannel: true,
            capacity: Capacity::default(),
            has_photo: false,
            enabled: true,
        }
    }

    /// Agents 1 and 2, of whom 1 is a member of the queue 7; a supervisor 3; 4 is switched off.
    fn directory() -> Directory {
        let queue = Queue {
            id: QueueId(7),
            organization: HERE,
            name: "sales".to_owned(),
            title: "Sales".to_owned(),
            medium: Medium::Chat,
            direction: QueueDirection::Inbound,
            offer_timeout_s: 20,
            wrap_up_s: 0,
            priority: 0,
            music: None,
            enabled: true,
            members: vec![UserId(1)],
            pause_reasons: Vec::new(),
            dispositions: Vec::new(),
        };
        let gone = Agent { enabled: false, ..agent(4, Role::Administrator) };
        let agents = vec![agent(1, Role::Agent), agent(2, Role::Agent), agent(3, Role::Supervisor), gone];
        let staffing = Staffing { agents, queues: vec![queue], ..Staffing::default() };
        Directory::default().staffed(staffing)
    }

    fn reached(audience: Audience) -> Vec<i64> {
        let directory = directory();
        let viewer =
            |user| Viewer { directory: &directory, organization: HERE, user: UserId(user), login: user };
        (1..=4).filter(|user| audience.reaches(&viewer(*user))).collect()
    }

    #[test]
    fn an_interaction_that_waits_is_seen_by_its_queue_and_by_who_reads_all() {
        let waits = Sight { queue: Some(QueueId(7)), agent: None };
        assert_eq!(reached(waits.into()), [1, 3]);
        let taken = Sight { queue: Some(QueueId(7)), agent: Some(UserId(2)) };
        assert_eq!(reached(taken.into()), [2, 3]);
        assert_eq!(reached(Audience::Left { was: waits, is: taken }), [1]);
        assert_eq!(reached(Sight::default().into()), [3]);
    }

    #[test]
    fn rights_are_those_of_now() {
        assert_eq!(reached(Audience::Permitted(Permission::Supervise)), [3]);
        assert_eq!(reached(Audience::NotPermitted(Permission::Supervise)), [1, 2, 4]);
        assert_eq!(reached(Audience::User(UserId(2))), [2]);
        assert_eq!(reached(Audience::Login(1)), [1]);
    }

    #[test]
    fn another_organization_sees_nothing_of_it() {
        let directory = directory();
        let stranger =
            Viewer { directory: &directory, organization: OrganizationId(2), user: UserId(1), login: 1 };
        assert!(!stranger.sees(Sight { queue: Some(QueueId(7)), agent: None }));
    }
}
