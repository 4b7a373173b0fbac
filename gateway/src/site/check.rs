//! What names, numbers and passwords may look like, with faults that say what would be right.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::config::fault::{Cause, Step, Wrong};

/// Shortest password taken.
const MIN_PASSWORD_CHARACTERS: usize = 8;

/// The way to a value of the file.
#[derive(Clone)]
pub(super) struct Place(Vec<Step>);

impl Place {
    pub(super) const fn root() -> Self {
        Self(Vec::new())
    }

    pub(super) fn at(&self, step: impl Into<Step>) -> Self {
        let mut path = self.0.clone();
        path.push(step.into());
        Self(path)
    }

    pub(super) fn wrong(&self, message: impl Display) -> Wrong {
        Wrong { path: self.0.clone(), message: message.to_string(), cause: None }
    }
}

/// Names of organizations and trunks.
pub(super) fn slug(place: &Place, name: &str) -> Result<(), Wrong> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=63).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-') {
        return Ok(());
    }
    Err(place
        .wrong(format!(
            "`{name}` is no name; right are up to 63 lower-case letters, digits and hyphens, as `{}`",
            slugged(name)
        ))
        .because(Cause::Name))
}

fn slugged(name: &str) -> String {
    let letters = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let text: String = letters.take(63).collect();
    let text = text.trim_matches('-');
    if text.is_empty() { "main".to_owned() } else { text.to_owned() }
}

/// SIP domains and hosts.
pub(super) fn host(place: &Place, host: &str) -> Result<(), Wrong> {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return Ok(());
    }
    if let Some((name, port)) = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()) {
        return Err(place.wrong(format!(
            "`{host}` names a port; right would be `{name}` here, and a port of {port} goes where ports go"
        )).because(Cause::HostPort));
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    if (1..=253).contains(&host.len())
        && host.bytes().all(plain)
        && !host.starts_with(['-', '.'])
        && !host.contains("..")
    {
        return Ok(());
    }
    Err(place
        .wrong(format!(
            "`{host}` is no host name in lower case and no IP address; right would be `sip.example.net`"
        ))
        .because(Cause::Host))
}

/// Extension numbers.
pub(super) fn extension_number(place: &Place, number: &str) -> Result<(), Wrong> {
    if (2..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(place
        .wrong(format!("`{number}` is no extension; right are 2 to 15 digits, as `1001`"))
        .because(Cause::Extension))
}

/// What can be dialled.
pub(super) fn dialled(place: &Place, text: &str, length: RangeInclusive<usize>) -> Result<(), Wrong> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"+*#".contains(&byte);
    if length.contains(&text.len()) && text.bytes().all(plain) {
        return Ok(());
    }
    let (least, most) = length.into_inner();
    Err(place
        .wrong(format!("`{text}` cannot be dialled; right are {least} to {most} of 0-9, +, * and #"))
        .because(Cause::Dialled { least, most }))
}

/// A number within limits.
pub(super) fn within(place: &Place, value: u32, limits: RangeInclusive<u32>) -> Result<u32, Wrong> {
    if limits.contains(&value) {
        return Ok(value);
    }
    let (least, most) = limits.into_inner();
    Err(place
        .wrong(format!("{value} is out of range; right are {least} to {most}"))
        .because(Cause::Within { least, most }))
}

/// One line of text for people.
pub(super) fn line(place: &Place, text: &str) -> Result<(), Wrong> {
    if text.len() <= 200 && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(place.wrong("must be one line of at most 200 bytes").because(Cause::Line))
}

/// One word for a wire or a list: no space, no quote, no control.
pub(super) fn word(place: &Place, text: &str) -> Result<(), Wrong> {
    if (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\,;<>:".contains(&byte))
    {
        return Ok(());
    }
    Err(place.wrong("must be one word of at most 128 letters, digits and plain signs").because(Cause::Word))
}

/// A password that a scanner does not guess in its first thousand tries.
pub(super) fn password(place: &Place, username: &str, password: &str) -> Result<(), Wrong> {
    if password.chars().count() < MIN_PASSWORD_CHARACTERS {
        return Err(place.wrong(format!("the password is shorter than {MIN_PASSWORD_CHARACTERS} characters; phones are attacked day and night")).because(Cause::PasswordShort { least: MIN_PASSWORD_CHARACTERS }));
    }
    if password == username || password.bytes().all(|byte| Some(byte) == password.bytes().next()) {
        return Err(place
            .wrong("the password is the user name, or one character only")
            .because(Cause::PasswordGuessable));
    }
    Ok(())
}
