//! What shows who asks: a browser that is logged in, a token of a program, a link that is good once.

use crate::model::{OrganizationId, UserId};

row_id! {
    /// Row number of a [`Login`].
    LoginId
}

worded_enum! {
    /// What holds the token.
    LoginKind {
        /// A cookie, which a page of another site could make a browser send: requests that change something carry a second proof.
        Browser = "browser",
        /// A bearer token without end.
        Program = "program",
    }
}

/// A token that is good now. Of the token itself only a hash is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// Row number.
    pub id: LoginId,
    /// Owner.
    pub organization: OrganizationId,
    /// Whose rights it carries.
    pub user: UserId,
    /// What holds it.
    pub kind: LoginKind,
    /// What a person calls it: the browser's User-Agent, or the program's name.
    pub name: String,
    /// When it was made.
    pub created_at_ms: i64,
    /// When it was last used, to the minute.
    pub seen_at_ms: i64,
    /// `None`: until it is deleted.
    pub expires_at_ms: Option<i64>,
    /// Where it was made from.
    pub address: String,
}

worded_enum! {
    /// Why somebody got a link.
    LinkPurpose {
        /// His first password.
        Setup = "setup",
        /// A new password; the old one stopped when the link was made.
        Reset = "reset",
    }
}
