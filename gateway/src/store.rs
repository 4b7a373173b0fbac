//! Rows: SQL only, the same text for SQLite and PostgreSQL. Knows the model and nothing else of ours.

mod fact;

pub use fact::Fact;
