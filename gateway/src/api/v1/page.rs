//! Lists in pages: a page ends with a cursor, which the next request gives back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::problem::{Code, Problem};

/// Rows of a page where nothing is said.
const USUAL: u32 = 50;
/// Rows of a page at most.
const MOST: u32 = 100;

/// Which page is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows at most, 1 to 100; 50 where nothing is said. 0 is taken for 1, and what is more for 100.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// What may be asked of a list that is so short that it comes whole.
#[expect(dead_code, reason = "named in the document, where it is looked up; nothing depends on it")]
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WholeQuery {
    /// As at other lists. All rows come in one page, whatever is said here.
    limit: Option<u32>,
}

/// The span of time of a list, from its first moment to the one after its last.
///
/// # Errors
/// It ends before it begins.
pub fn check_span(from_ms: Option<i64>, to_ms: Option<i64>) -> Result<(), Problem> {
    match (from_ms, to_ms) {
        (Some(from_ms), Some(to_ms)) if from_ms > to_ms => {
            Err(Problem::wrong("to_ms", "It is before from_ms: nothing lies between.")
                .coded(Code::SpanBackwards))
        }
        _ => Ok(()),
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Items<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; `null` at the end.
    pub next: Option<String>,
}

impl PageQuery {
    /// Rows of the page.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }

    /// How many rows to read: one more than the page has, to know whether there is a next one.
    pub fn rows(&self) -> u32 {
        self.limit() + 1
    }

    /// What the page before ended with.
    ///
    /// # Errors
    /// The cursor is none of ours.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, Problem> {
        let read = |cursor: &String| {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let odd = || Problem::wrong("cursor", "This is not `next` of a page before.");
        self.cursor.as_ref().map(|cursor| read(cursor).ok_or_else(odd)).transpose()
    }

    /// The page out of [`PageQuery::rows`] rows; `key` is what the list is ordered by.
    pub fn page<R, T, K: Serialize>(
        &self,
        mut rows: Vec<R>,
        key: impl FnOnce(&R) -> K,
        into: impl FnMut(R) -> T,
    ) -> Items<T> {
        let limit = self.limit() as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more).map(key);
        let next = last.and_then(|key| serde_json::to_vec(&key).ok()).map(|key| URL_SAFE_NO_PAD.encode(key));
        Items { items: rows.into_iter().map(into).collect(), next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_join_without_a_gap() {
        let all: Vec<i64> = (1..=7).collect();
        let mut query = PageQuery { limit: Some(3), cursor: None };
        let mut seen = Vec::new();
        loop {
            let after = query.after::<i64>().unwrap().unwrap_or(0);
            let rows = all.iter().copied().filter(|n| *n > after).take(query.rows() as usize).collect();
            let page = query.page(rows, |n| *n, |n| n);
            seen.extend(page.items);
            let Some(next) = page.next else { break };
            query.cursor = Some(next);
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_strange_cursor_is_refused_and_a_large_page_cut() {
        let query = PageQuery { limit: Some(100_000), cursor: Some("%%".to_owned()) };
        assert_eq!(query.limit(), MOST);
        assert!(query.after::<i64>().is_err());
    }
}
