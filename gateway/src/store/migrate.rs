//! Brings the tables up to date.
use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::store::database::Database;
use crate::store::{Store, StoreError};

/// Version, description, text. What was released is never changed: its checksum stands in every database.
type Step = (i64, &'static str, &'static str);

const POSTGRES: &[Step] = &[
    (1, "first call", include_str!("../../migrations/postgres/0001_first_call.sql")),
    (2, "refused packets", include_str!("../../migrations/postgres/0002_refused_packets.sql")),
    (3, "one-way audio", include_str!("../../migrations/postgres/0003_one_way_audio.sql")),
    (4, "plugin values", include_str!("../../migrations/postgres/0004_plugin_values.sql")),
    (5, "people", include_str!("../../migrations/postgres/0005_people.sql")),
    (6, "floor", include_str!("../../migrations/postgres/0006_floor.sql")),
    (7, "chat", include_str!("../../migrations/postgres/0007_chat.sql")),
    (8, "calls of queues", include_str!("../../migrations/postgres/0008_queue_calls.sql")),
    (10, "recordings", include_str!("../../migrations/postgres/0010_recordings.sql")),
    (11, "who ended", include_str!("../../migrations/postgres/0011_who_ended.sql")),
    (12, "who had a part", include_str!("../../migrations/postgres/0012_who_had_a_part.sql")),
    (13, "handled", include_str!("../../migrations/postgres/0013_handled.sql")),
    (14, "causes of faults", include_str!("../../migrations/postgres/0014_fault_causes.sql")),
    (15, "call outcomes", include_str!("../../migrations/postgres/0015_call_outcomes.sql")),
    (16, "waited", include_str!("../../migrations/postgres/0016_waited.sql")),
];
const SQLITE: &[Step] = &[
    (1, "first call", include_str!("../../migrations/sqlite/0001_first_call.sql")),
    (2, "refused packets", include_str!("../../migrations/sqlite/0002_refused_packets.sql")),
    (3, "one-way audio", include_str!("../../migrations/sqlite/0003_one_way_audio.sql")),
    (4, "plugin values", include_str!("../../migrations/sqlite/0004_plugin_values.sql")),
    (5, "people", include_str!("../../migrations/sqlite/0005_people.sql")),
    (6, "floor", include_str!("../../migrations/sqlite/0006_floor.sql")),
    (7, "chat", include_str!("../../migrations/sqlite/0007_chat.sql")),
    (8, "calls of queues", include_str!("../../migrations/sqlite/0008_queue_calls.sql")),
    (10, "recordings", include_str!("../../migrations/sqlite/0010_recordings.sql")),
    (11, "who ended", include_str!("../../migrations/sqlite/0011_who_ended.sql")),
    (12, "who had a part", include_str!("../../migrations/sqlite/0012_who_had_a_part.sql")),
    (13, "handled", include_str!("../../migrations/sqlite/0013_handled.sql")),
    (14, "causes of faults", include_str!("../../migrations/sqlite/0014_fault_causes.sql")),
    (15, "call outcomes", include_str!("../../migrations/sqlite/0015_call_outcomes.sql")),
    (16, "waited", include_str!("../../migrations/sqlite/0016_waited.sql")),
];

impl Store {
    /// Brings the tables up to date; does nothing where they are. Nodes that start together wait for each other.
    ///
    /// # Errors
    /// If the database is newer than the program, or a step fails; a failed step leaves nothing behind.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self.database() {
            Database::Postgres(pool) => migrator(POSTGRES).run(pool).await?,
            Database::Sqlite(pools) => migrator(SQLITE).run(&pools.writer).await?,
        }
        Ok(())
    }
}

fn migrator(steps: &[Step]) -> Migrator {
    let migration = |(version, description, sql): &Step| {
        Migration::new(
            *version,
            Cow::Borrowed(*description),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}
