//! Who a visitor is: whoever holds the token. The thread is made of it and does not tell it.

use ramal_plugin::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::browser;

/// 128 bits: nobody guesses another's.
pub const TOKEN_BYTES: u32 = 16;

/// A token of random bytes; none where there were too few.
pub fn new_token(bytes: &[u8]) -> Option<String> {
    (bytes.len() == TOKEN_BYTES as usize).then(|| hexadecimal(bytes))
}

/// Whether a text may be a token of ours.
pub fn is_token(text: &str) -> bool {
    text.len() == 2 * TOKEN_BYTES as usize
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// The thread of a token's conversations.
pub fn thread(token: &str) -> String {
    let hash = Sha256::digest(token.as_bytes());
    hexadecimal(&hash[..TOKEN_BYTES as usize])
}

/// The visitor as far as he is proven: what he types of himself is none of it.
pub fn person(thread: &str) -> Person {
    Person::known_as(Identity::Provider(thread.to_owned()))
}

/// A page's own id of a message, made unique within the inbox.
pub fn wide_id(thread: &str, id: &str) -> String {
    format!("{thread}/{id}")
}

/// The page's own id of a message; ours stays as it is.
pub fn own_id<'a>(thread: &str, id: &'a str) -> &'a str {
    id.strip_prefix(thread).and_then(|rest| rest.strip_prefix('/')).unwrap_or(id)
}

/// What is known of a browser from its request: the memo of its line.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub browser: Option<String>,
    pub os: Option<String>,
    pub ip: String,
}

impl Origin {
    pub fn of(user_agent: &str, address: &str) -> Self {
        Self { browser: browser::name(user_agent), os: browser::system(user_agent), ip: address.to_owned() }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or(Self { browser: None, os: None, ip: String::new() })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_of_its_token_alone_and_does_not_tell_it() {
        let token = new_token(&[7; 16]).unwrap();
        assert!(is_token(&token) && is_token(&thread(&token)));
        assert_ne!(thread(&token), token);
        assert_ne!(thread(&token), thread(&new_token(&[8; 16]).unwrap()));
        assert_eq!(new_token(&[7; 15]), None);
        for text in ["", "short", &"A".repeat(32), &"g".repeat(32), &"a".repeat(33)] {
            assert!(!is_token(text), "{text}");
        }
    }

    #[test]
    fn ids_go_out_wide_and_come_back_as_they_were() {
        assert_eq!(own_id("t1", &wide_id("t1", "m-1")), "m-1");
        assert_eq!(own_id("t1", "o-17"), "o-17");
    }

    #[test]
    fn a_memo_that_is_damaged_knows_nothing() {
        let origin = Origin::of("", "192.0.2.7");
        assert_eq!(Origin::from_json(&origin.to_json()), origin);
        assert_eq!(Origin::from_json("{").ip, "");
    }
}
