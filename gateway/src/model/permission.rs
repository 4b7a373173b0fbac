//! What a user may do: named permissions, and the roles that are sets of them.

worded_enum! {
    /// One right. Endpoints ask for these, never for a role.
    Permission {
        /// Log in to queues, take Interactions.
        Attend = "attend",
        /// Place calls.
        Dial = "dial",
        /// See queues and agents live, act on them.
        Supervise = "supervise",
        /// Read Interactions of others.
        ReadAllInteractions = "interactions.read_all",
        EditContacts = "contacts.edit",
        ListenRecordings = "recordings.listen",
        ManageUsers = "users.manage",
        /// Extensions, trunks, dial rules, the organization itself.
        ManageTelephony = "telephony.manage",
        ManageQueues = "queues.manage",
        ManageInboxes = "inboxes.manage",
        ManagePlugins = "plugins.manage",
        ReadAudit = "audit.read",
        /// Tokens of programs.
        ManageTokens = "tokens.manage",
    }
}

worded_enum! {
    /// What a user is. Each role has all that the one before it has.
    Role {
        Agent = "agent",
        Supervisor = "supervisor",
        Administrator = "administrator",
    }
}

const AGENT: &[Permission] = &[Permission::Attend, Permission::Dial, Permission::EditContacts];
const SUPERVISOR: &[Permission] =
    &[Permission::Supervise, Permission::ReadAllInteractions, Permission::ListenRecordings];
const ADMINISTRATOR: &[Permission] = &[
    Permission::ManageUsers,
    Permission::ManageTelephony,
    Permission::ManageQueues,
    Permission::ManageInboxes,
    Permission::ManagePlugins,
    Permission::ReadAudit,
    Permission::ManageTokens,
];

impl Role {
    /// All that this role may.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        let sets: [&[Permission]; 3] = match self {
            Self::Agent => [AGENT, &[], &[]],
            Self::Supervisor => [AGENT, SUPERVISOR, &[]],
            Self::Administrator => [AGENT, SUPERVISOR, ADMINISTRATOR],
        };
        sets.into_iter().flatten().copied()
    }

    /// Whether this role may.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().any(|own| own == permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_all_of_the_one_below_it() {
        let of = |role: Role| role.permissions().collect::<Vec<_>>();
        assert!(of(Role::Supervisor).starts_with(&of(Role::Agent)));
        assert!(of(Role::Administrator).starts_with(&of(Role::Supervisor)));
        assert_eq!(of(Role::Administrator).len(), 13);
    }

    #[test]
    fn an_agent_manages_nothing() {
        assert!(Role::Agent.may(Permission::Attend));
        assert!(!Role::Agent.permissions().any(|p| p.as_str().ends_with(".manage")));
        assert!(!Role::Supervisor.may(Permission::ManageUsers));
    }
}
