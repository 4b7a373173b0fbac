//! What stands behind the question mark. A name that the endpoint does not know is refused, in one place for all of them: a slip of
//! the pen would otherwise give the whole list, or do more than was meant.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Query, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{OpenApi, PathItem, RefOr};

use super::ROOT;
use crate::api::problem::{Code, Problem};

/// The parameters of each endpoint, by its path under [`ROOT`] and its method: those that the document names.
pub struct Known(BTreeMap<String, Vec<(Method, Vec<String>)>>);

impl Known {
    pub fn of(document: &OpenApi) -> Self {
        Self(document.paths.paths.iter().map(|(path, item)| (path.clone(), endpoints(item))).collect())
    }

    /// What may stand there; `None`: no endpoint takes this method, which is refused by itself.
    fn at(&self, path: &str, method: &Method) -> Option<&[String]> {
        // The document itself is none of its endpoints.
        let Some(methods) = self.0.get(path) else { return Some(&[]) };
        let method = if method == Method::HEAD { &Method::GET } else { method };
        methods.iter().find(|(one, _)| one == method).map(|(_, names)| names.as_slice())
    }
}

fn endpoints(item: &PathItem) -> Vec<(Method, Vec<String>)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, names(operation.as_ref()?)))).collect()
}

fn names(operation: &Operation) -> Vec<String> {
    let own = |one: &RefOr<Parameter>| match one {
        RefOr::T(one) if one.parameter_in == ParameterIn::Query => Some(one.name.clone()),
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    operation.parameters.iter().flatten().filter_map(own).collect()
}

/// Stands before all endpoints of the document.
pub async fn only_known(State(known): State<Arc<Known>>, request: Request, next: Next) -> Response {
    if !is_utf8(request.uri().query().unwrap_or_default()) {
        let problem =
            Problem::caller(StatusCode::BAD_REQUEST, "The query cannot be read", "It is not UTF-8.");
        return problem.into_response();
    }
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let names = path
        .and_then(|path| known.at(path.strip_prefix(ROOT).unwrap_or(path), request.method()))
        .and_then(|names| odd_one(request.uri(), names));
    match names {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

/// Stands before endpoints that read nothing there.
pub async fn none_known(request: Request, next: Next) -> Response {
    match odd_one(request.uri(), &[]) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    }
}

/// Whether what is written as `%XX` is text; it would be read with signs of replacement in it otherwise.
fn is_utf8(query: &str) -> bool {
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

fn odd_one(uri: &Uri, known: &[String]) -> Option<Problem> {
    // What cannot be read at all is refused by whoever reads it.
    let Query(given) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    let (odd, _) = given.iter().find(|(name, _)| !known.contains(name))?;
    let (known, told) = match known {
        [] => ("–".to_owned(), "This endpoint takes none.".to_owned()),
        names => (names.join(", "), format!("Known are: {}.", names.join(", "))),
    };
    let detail = format!("There is no parameter {odd:?} here. {told}");
    let problem = Problem::caller(StatusCode::BAD_REQUEST, "The query has an unknown parameter", detail);
    let odd = odd.as_str();
    Some(problem.at(odd).coded(Code::UnknownParameter).with("given", odd).with("known", known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_text_is_told_from_what_is_not() {
        for query in ["", "q=a", "q=%C3%A3&x=%", "q=100%", "q=%zz", "q=%4"] {
            assert!(is_utf8(query), "{query}");
        }
        for query in ["q=%ff", "q=%C3", "q=%C3x%A3", "%80"] {
            assert!(!is_utf8(query), "{query}");
        }
    }
}
