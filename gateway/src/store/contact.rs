//! Customers and the names by which they are found.
use std::collections::{BTreeMap, HashMap};

use sqlx::QueryBuilder;

use crate::model::{
    AuditEntry, Contact, ContactId, ContactIdentity, ConversationId, Identity, IdentityKind, InboxId,
    InteractionId, OrganizationId, folded, normalised_phone,
};
use crate::store::column::{json_text, parsed, parsed_json};
use crate::store::database::Tx;
use crate::store::{Store, StoreError, audit, without_nul};

/// What is written of a contact.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ContactFields {
    /// Empty while nobody knows it.
    pub name: String,
    pub language: Option<String>,
    pub attributes: BTreeMap<String, String>,
}

/// What became of a contact that was to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContactOutcome {
    Written(ContactId),
    /// One of the identities, by its place in the list, is another contact's.
    Taken {
        at: usize,
        by: ContactId,
    },
    /// There is no such contact, or no such Interaction to make it the contact of.
    Missing,
}

/// Where a list goes on: the folded name and the number of the last contact shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactPlace {
    pub search: String,
    pub id: i64,
}

row! {
    struct Row {
        id: i64,
        organization_id: i64,
        name: String,
        language: Option<String>,
        photo_url: Option<String>,
        attributes: String,
        created_at_ms: i64,
        updated_at_ms: i64,
    }
}

row! {
    struct IdentityRow {
        id: i64,
        contact_id: i64,
        kind: String,
        inbox_id: i64,
        value: String,
    }
}

const COLUMNS: &str = "SELECT id, organization_id, name, language, photo_url, attributes, created_at_ms, \
    updated_at_ms FROM contacts ";
const FIND: &str = "SELECT contact_id FROM contact_identities WHERE organization_id = $1 AND kind = $2 \
    AND inbox_id = $3 AND value = $4";
const INSERT: &str = "INSERT INTO contacts (organization_id, name, search, language, attributes, created_at_ms, \
    updated_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id";
const UPDATE: &str = "UPDATE contacts SET name = $3, search = $4, language = $5, attributes = $6, updated_at_ms = $7 \
    WHERE id = $1 AND organization_id = $2";
const NAME_IF_NONE: &str = "UPDATE contacts SET name = $3, search = $4, updated_at_ms = $5 WHERE id = $1 \
    AND organization_id = $2 AND name = ''";
const IDENTIFY: &str = "INSERT INTO contact_identities (organization_id, contact_id, kind, inbox_id, value) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, kind, inbox_id, value) DO NOTHING";
const FORGET_IDENTITY: &str =
    "DELETE FROM contact_identities WHERE id = $1 AND contact_id = $2 AND organization_id = $3";
const MOVE_IDENTITIES: &str = "UPDATE contact_identities SET contact_id = $1 WHERE contact_id = $2 \
    AND organization_id = $3 AND inbox_id = $4";
const DELETE: &str = "DELETE FROM contacts WHERE id = $1 AND organization_id = $2";
const LEAVE_INTERACTIONS: &str =
    "UPDATE interactions SET contact_id = NULL WHERE contact_id = $1 AND organization_id = $2";
const LEAVE_CONVERSATIONS: &str =
    "UPDATE conversations SET contact_id = NULL WHERE contact_id = $1 AND organization_id = $2";
const LEAVE_NOTES: &str = "UPDATE notes SET contact_id = NULL WHERE contact_id = $1 AND organization_id = $2";
const PLACE_OF_INTERACTION: &str = "SELECT i.title, c.id, c.inbox_id, c.contact_id FROM interactions i \
    LEFT JOIN conversations c ON c.id = i.conversation_id AND c.organization_id = i.organization_id \
    WHERE i.id = $1 AND i.organization_id = $2";
const SET_OF_INTERACTION: &str =
    "UPDATE interactions SET contact_id = $1, title = $2 WHERE id = $3 AND organization_id = $4";
const EXISTS: &str = "SELECT name FROM contacts WHERE id = $1 AND organization_id = $2";
const COUNTRY: &str = "SELECT country_prefix FROM organizations WHERE id = $1";

/// What an Interaction is called; the conversation that it is about, its inbox and its contact.
type InteractionPlace = (String, Option<i64>, Option<i64>, Option<i64>);

impl Tx {
    /// The contact of the first identity that is known.
    pub(crate) async fn find_contact(
        &mut self,
        organization: OrganizationId,
        inbox: InboxId,
        identities: &[Identity],
    ) -> Result<Option<ContactId>, StoreError> {
        for identity in identities {
            let found: Option<i64> = on_tx!(self, |db| sqlx::query_scalar(FIND)
                .bind(organization.0)
                .bind(identity.kind.as_str())
                .bind(identity.inbox(inbox).0)
                .bind(without_nul(&identity.value))
                .fetch_optional(db)
                .await)?;
            if let Some(id) = found {
                return Ok(Some(ContactId(id)));
            }
        }
        Ok(None)
    }

    pub(crate) async fn insert_contact(
        &mut self,
        organization: OrganizationId,
        fields: &ContactFields,
        now_ms: i64,
    ) -> Result<ContactId, StoreError> {
        let id: i64 = on_tx!(self, |db| sqlx::query_scalar(INSERT)
            .bind(organization.0)
            .bind(without_nul(&fields.name))
            .bind(without_nul(&folded(&fields.name)))
            .bind(fields.language.as_deref().map(without_nul))
            .bind(attributes_text(&fields.attributes))
            .bind(now_ms)
            .fetch_one(db)
            .await)?;
        Ok(ContactId(id))
    }

    /// Adds an identity; says whether it is this contact's now and was nobody's before.
    pub(crate) async fn identify(
        &mut self,
        organization: OrganizationId,
        contact: ContactId,
        inbox: InboxId,
        identity: &Identity,
    ) -> Result<bool, StoreError> {
        let rows = on_tx!(self, |db| sqlx::query(IDENTIFY)
            .bind(organization.0)
            .bind(contact.0)
            .bind(identity.kind.as_str())
            .bind(identity.inbox(inbox).0)
            .bind(without_nul(&identity.value))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))?;
        Ok(rows > 0)
    }

    /// Names a contact that has no name yet.
    pub(crate) async fn name_contact(
        &mut self,
        organization: OrganizationId,
        contact: ContactId,
        name: &str,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        Ok(on_tx!(self, |db| sqlx::query(NAME_IF_NONE)
            .bind(contact.0)
            .bind(organization.0)
            .bind(without_nul(name))
            .bind(without_nul(&folded(name)))
            .bind(now_ms)
            .execute(db)
            .await
            .map(drop))?)
    }

    /// Makes somebody the contact of an Interaction and of its conversation: what the person is called in that inbox
    /// goes along, so that his next message finds the same contact.
    async fn associate(
        &mut self,
        organization: OrganizationId,
        interaction: InteractionId,
        contact: ContactId,
    ) -> Result<ContactOutcome, StoreError> {
        let name: Option<String> = on_tx!(self, |db| sqlx::query_scalar(EXISTS)
            .bind(contact.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        let place: Option<InteractionPlace> = on_tx!(self, |db| sqlx::query_as(PLACE_OF_INTERACTION)
            .bind(interaction.0)
            .bind(organization.0)
            .fetch_optional(db)
            .await)?;
        let (Some(name), Some((called, conversation, inbox, before))) = (name, place) else {
            return Ok(ContactOutcome::Missing);
        };
        let title = if name.is_empty() { called.clone() } else { name };
        on_tx!(self, |db| sqlx::query(SET_OF_INTERACTION)
            .bind(contact.0)
            .bind(title)
            .bind(interaction.0)
            .bind(organization.0)
            .execute(db)
            .await
            .map(drop))?;
        if let (Some(conversation), Some(inbox)) = (conversation, inbox) {
            self.set_conversation_contact(organization, ConversationId(conversation), contact).await?;
            self.move_identities(organization, before.map(ContactId), contact, InboxId(inbox)).await?;
        } else {
            self.identify_caller(organization, contact, &called).await?;
        }
        Ok(ContactOutcome::Written(contact))
    }

    /// A call that is called by its number tells the number of the contact, unless it is somebody else's.
    async fn identify_caller(
        &mut self,
        organization: OrganizationId,
        contact: ContactId,
        called: &str,
    ) -> Result<(), StoreError> {
        let country: Option<Option<String>> =
            on_tx!(self, |db| sqlx::query_scalar(COUNTRY).bind(organization.0).fetch_optional(db).await)?;
        if let Ok(number) = Identity::new(IdentityKind::Phone, called, country.flatten().as_deref()) {
            self.identify(organization, contact, InboxId(0), &number).await?;
        }
        Ok(())
    }

    async fn move_identities(
        &mut self,
        organization: OrganizationId,
        before: Option<ContactId>,
        contact: ContactId,
        inbox: InboxId,
    ) -> Result<(), StoreError> {
        let Some(before) = before.filter(|before| *before != contact) else { return Ok(()) };
        Ok(on_tx!(self, |db| sqlx::query(MOVE_IDENTITIES)
            .bind(contact.0)
            .bind(before.0)
            .bind(organization.0)
            .bind(inbox.0)
            .execute(db)
            .await
            .map(drop))?)
    }

    /// Adds identities; the place of the first that is another contact's.
    async fn identify_all(
        &mut self,
        organization: OrganizationId,
        contact: ContactId,
        identities: &[(InboxId, Identity)],
    ) -> Result<Option<ContactOutcome>, StoreError> {
        for (at, (inbox, identity)) in identities.iter().enumerate() {
            if self.identify(organization, contact, *inbox, identity).await? {
                continue;
            }
            match self.find_contact(organization, *inbox, std::slice::from_ref(identity)).await? {
                Some(by) if by != contact => return Ok(Some(ContactOutcome::Taken { at, by })),
                Some(_) | None => {}
            }
        }
        Ok(None)
    }
}

/// A change of a contact: what is `None` stays.
#[derive(Clone, Default, Debug)]
pub struct ContactChange {
    pub name: Option<String>,
    pub language: Option<Option<String>>,
    pub attributes: Option<BTreeMap<String, String>>,
    /// All identities that the contact has from now on, but for the ids of providers, which stay.
    pub identities: Option<Vec<(InboxId, Identity)>>,
}

impl Store {
    /// Makes a contact, and the contact of an Interaction if one is named.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn create_contact(
        &self,
        organization: OrganizationId,
        fields: &ContactFields,
        identities: &[(InboxId, Identity)],
        interaction: Option<InteractionId>,
        now_ms: i64,
    ) -> Result<ContactOutcome, StoreError> {
        let mut tx = self.begin().await?;
        let contact = tx.insert_contact(organization, fields, now_ms).await?;
        if let Some(taken) = tx.identify_all(organization, contact, identities).await? {
            return Ok(taken);
        }
        if let Some(interaction) = interaction {
            let outcome = tx.associate(organization, interaction, contact).await?;
            if outcome == ContactOutcome::Missing {
                return Ok(outcome);
            }
        }
        tx.commit().await?;
        Ok(ContactOutcome::Written(contact))
    }

    /// Makes an existing contact the one of an Interaction.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn associate_contact(
        &self,
        organization: OrganizationId,
        interaction: InteractionId,
        contact: ContactId,
    ) -> Result<ContactOutcome, StoreError> {
        let mut tx = self.begin().await?;
        let outcome = tx.associate(organization, interaction, contact).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// Changes a contact.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn update_contact(
        &self,
        organization: OrganizationId,
        contact: ContactId,
        change: &ContactChange,
        now_ms: i64,
    ) -> Result<ContactOutcome, StoreError> {
        let Some(before) = self.contact(organization, contact).await? else {
            return Ok(ContactOutcome::Missing);
        };
        let fields = ContactFields {
            name: change.name.clone().unwrap_or(before.name),
            language: change.language.clone().unwrap_or(before.language),
            attributes: change.attributes.clone().unwrap_or(before.attributes),
        };
        let mut tx = self.begin().await?;
        on_tx!(&mut tx, |db| sqlx::query(UPDATE)
            .bind(contact.0)
            .bind(organization.0)
            .bind(without_nul(&fields.name))
            .bind(without_nul(&folded(&fields.name)))
            .bind(fields.language.as_deref().map(without_nul))
            .bind(attributes_text(&fields.attributes))
            .bind(now_ms)
            .execute(db)
            .await
            .map(drop))?;
        if let Some(identities) = &change.identities {
            let gone = before
                .identities
                .iter()
                .filter(|known| known.kind != IdentityKind::Provider && !is_among(known, identities));
            for known in gone {
                on_tx!(&mut tx, |db| sqlx::query(FORGET_IDENTITY)
                    .bind(known.id)
                    .bind(contact.0)
                    .bind(organization.0)
                    .execute(db)
                    .await
                    .map(drop))?;
            }
            if let Some(taken) = tx.identify_all(organization, contact, identities).await? {
                return Ok(taken);
            }
        }
        tx.commit().await?;
        Ok(ContactOutcome::Written(contact))
    }

    /// Deletes a contact; what was said with him stays. Says whether there was one.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn delete_contact(
        &self,
        organization: OrganizationId,
        contact: ContactId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let mut deleted = 0;
        for statement in [LEAVE_INTERACTIONS, LEAVE_CONVERSATIONS, LEAVE_NOTES, DELETE] {
            deleted = on_tx!(&mut tx, |db| sqlx::query(statement)
                .bind(contact.0)
                .bind(organization.0)
                .execute(db)
                .await
                .map(|done| done.rows_affected()))?;
        }
        if deleted > 0 {
            audit::insert(&mut tx, entry).await?;
        }
        tx.commit().await?;
        Ok(deleted > 0)
    }

    /// One contact.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn contact(
        &self,
        organization: OrganizationId,
        contact: ContactId,
    ) -> Result<Option<Contact>, StoreError> {
        let rows: Vec<Row> = on_pool!(self, |pool| {
            let mut query = QueryBuilder::new(COLUMNS);
            query.push("WHERE id = ").push_bind(contact.0);
            query.push(" AND organization_id = ").push_bind(organization.0);
            query.build_query_as().fetch_all(pool).await
        })?;
        Ok(self.with_identities(organization, rows).await?.pop())
    }

    /// Contacts by name, those whose name or identity holds `text`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn contacts(
        &self,
        organization: OrganizationId,
        text: Option<&str>,
        after: Option<&ContactPlace>,
        limit: u32,
    ) -> Result<Vec<Contact>, StoreError> {
        let pattern = text.map(|text| like(&folded(text)));
        let digits = text.map(digits_of).filter(|digits| digits.len() >= 3).map(|digits| like(&digits));
        let rows: Vec<Row> = on_pool!(self, |pool| {
            let mut query = QueryBuilder::new(COLUMNS);
            query.push("WHERE organization_id = ").push_bind(organization.0);
            if let Some(pattern) = &pattern {
                query.push(" AND (search LIKE ").push_bind(pattern);
                query.push(" ESCAPE '!' OR EXISTS (SELECT 1 FROM contact_identities n WHERE n.contact_id = contacts.id");
                query.push(" AND n.kind <> 'provider' AND (n.value LIKE ").push_bind(pattern);
                query.push(" ESCAPE '!'");
                if let Some(digits) = &digits {
                    query.push(" OR (n.kind = 'phone' AND n.value LIKE ").push_bind(digits);
                    query.push(" ESCAPE '!')");
                }
                query.push(")))");
            }
            if let Some(after) = after {
                query.push(" AND (search > ").push_bind(&after.search);
                query.push(" OR (search = ").push_bind(&after.search);
                query.push(" AND id > ").push_bind(after.id).push("))");
            }
            query.push(" ORDER BY search, id LIMIT ").push_bind(i64::from(limit));
            query.build_query_as().fetch_all(pool).await
        })?;
        self.with_identities(organization, rows).await
    }

    /// The contact whose number this is, however it is written ([`normalised_phone`]).
    ///
    /// # Errors
    /// If the database is away.
    pub async fn contact_of_phone(
        &self,
        organization: OrganizationId,
        number: &str,
    ) -> Result<Option<Contact>, StoreError> {
        let country = self.country_prefix(organization).await?;
        let Some(number) = normalised_phone(number, country.as_deref()) else { return Ok(None) };
        let found: Option<i64> = on_pool!(self, |pool| sqlx::query_scalar(FIND)
            .bind(organization.0)
            .bind(IdentityKind::Phone.as_str())
            .bind(0_i64)
            .bind(number)
            .fetch_optional(pool)
            .await)?;
        match found {
            Some(id) => self.contact(organization, ContactId(id)).await,
            None => Ok(None),
        }
    }

    /// How numbers without a country are read in an Organization.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn country_prefix(
        &self,
        OrganizationId(organization): OrganizationId,
    ) -> Result<Option<String>, StoreError> {
        let found: Option<Option<String>> =
            on_pool!(self, |pool| sqlx::query_scalar(COUNTRY).bind(organization).fetch_optional(pool).await)?;
        Ok(found.flatten())
    }

    async fn with_identities(
        &self,
        organization: OrganizationId,
        rows: Vec<Row>,
    ) -> Result<Vec<Contact>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let found: Vec<IdentityRow> = on_pool!(self, |pool| {
            let mut query = QueryBuilder::new(
                "SELECT id, contact_id, kind, inbox_id, value FROM contact_identities WHERE organization_id = ",
            );
            query.push_bind(organization.0).push(" AND contact_id IN (");
            let mut ids = query.separated(", ");
            for row in &rows {
                ids.push_bind(row.id);
            }
            query.push(") ORDER BY id");
            query.build_query_as().fetch_all(pool).await
        })?;
        let mut identities: HashMap<i64, Vec<ContactIdentity>> = HashMap::new();
        for row in found {
            let identity = ContactIdentity {
                id: row.id,
                kind: parsed("contact_identities", &row.kind)?,
                value: row.value,
                inbox_id: InboxId(row.inbox_id),
            };
            identities.entry(row.contact_id).or_default().push(identity);
        }
        rows.into_iter()
            .map(|row| {
                let identities = identities.remove(&row.id).unwrap_or_default();
                contact(row, identities)
            })
            .collect()
    }
}

fn contact(row: Row, identities: Vec<ContactIdentity>) -> Result<Contact, StoreError> {
    Ok(Contact {
        id: ContactId(row.id),
        organization: OrganizationId(row.organization_id),
        name: row.name,
        language: row.language,
        photo_url: row.photo_url,
        identities,
        attributes: parsed_json("contacts", &row.attributes)?,
        created_at_ms: row.created_at_ms,
        updated_at_ms: row.updated_at_ms,
    })
}

fn is_among(known: &ContactIdentity, identities: &[(InboxId, Identity)]) -> bool {
    identities.iter().any(|(inbox, identity)| {
        identity.kind == known.kind
            && identity.value == known.value
            && identity.inbox(*inbox) == known.inbox_id
    })
}

fn attributes_text(attributes: &BTreeMap<String, String>) -> String {
    without_nul(&json_text(attributes))
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A pattern for `LIKE … ESCAPE '!'` that finds the text anywhere.
fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in without_nul(text).chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
