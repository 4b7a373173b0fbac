//! What a call is to the floor.

use super::Row;
use crate::model::{CallId, InteractionRow, OrganizationId};
use crate::store::{Store, StoreError};

impl Store {
    /// The Interactions of one call of an organization, first come first: more than one where it was sent to a queue by its number.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn interactions_of_call(
        &self,
        OrganizationId(organization): OrganizationId,
        call: CallId,
    ) -> Result<Vec<InteractionRow>, StoreError> {
        const OF_CALL: &str =
            "SELECT * FROM interactions WHERE organization_id = $1 AND call_id = $2 ORDER BY id";
        let call = call.to_string();
        let rows: Vec<Row> = on_pool!(self, |pool| sqlx::query_as(OF_CALL)
            .bind(organization)
            .bind(call)
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(InteractionRow::try_from).collect()
    }
}
