//! What a call is to the floor.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::Row;
use crate::model::{CallId, InteractionRow, OrganizationId};
use crate::store::{Store, StoreError};

/// Calls of one query: well below what either database takes as parameters.
const CALLS_PER_QUERY: usize = 500;

impl Store {
    /// The Interactions of one call of an organization, first come first: more than one where it was sent to a queue by its number.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn interactions_of_call(
        &self,
        organization: OrganizationId,
        call: CallId,
    ) -> Result<Vec<InteractionRow>, StoreError> {
        Ok(self.interactions_of_calls(organization, &[call]).await?.remove(&call).unwrap_or_default())
    }

    /// The same for many.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn interactions_of_calls(
        &self,
        OrganizationId(organization): OrganizationId,
        calls: &[CallId],
    ) -> Result<HashMap<CallId, Vec<InteractionRow>>, StoreError> {
        let mut found: HashMap<CallId, Vec<InteractionRow>> = HashMap::new();
        for calls in calls.chunks(CALLS_PER_QUERY) {
            let rows: Vec<Row> = on_pool!(self, |pool| {
                let mut query = QueryBuilder::new("SELECT * FROM interactions WHERE organization_id = ");
                query.push_bind(organization).push(" AND call_id IN (");
                let mut list = query.separated(", ");
                for call in calls {
                    list.push_bind(call.to_string());
                }
                query.push(") ORDER BY id").build_query_as().fetch_all(pool).await
            })?;
            for row in rows {
                let row = InteractionRow::try_from(row)?;
                if let Some(call) = row.call {
                    found.entry(call).or_default().push(row);
                }
            }
        }
        Ok(found)
    }
}
