//! What an administrator may say of a queue.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::problem::{Code, Problem};
use crate::api::v1::Signed;
use crate::model::{
    Announcement, Directory, DispositionId, Medium, PauseReasonId, Queue, QueueDirection, QueueId, UserId,
};

/// Longest name and title, in bytes.
const NAME_LIMIT: usize = 40;
const TITLE_LIMIT: usize = 80;
/// Members and entries of a list.
const LIST_LIMIT: usize = 1_000;
/// Queues of one organization.
const QUEUES_LIMIT: usize = 500;
const OFFER_TIMEOUT_S: std::ops::RangeInclusive<u32> = 5..=300;
const WRAP_UP_S: std::ops::RangeInclusive<u32> = 0..=3_600;
/// What is said of none of these.
const USUAL_OFFER_TIMEOUT_S: u32 = 20;

/// A queue that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQueue {
    /// Lower-case letters, digits and hyphens; unique.
    name: String,
    /// The name where nothing is said.
    title: Option<String>,
    medium: Medium,
    direction: Option<QueueDirection>,
    /// 5 to 300.
    offer_timeout_s: Option<u32>,
    /// 0 to 3,600.
    wrap_up_s: Option<u32>,
    /// 0 to 9.
    priority: Option<u8>,
    /// `clip:` and the number of an uploaded sound, the file name of an announcement of the organization, or `builtin:music`; empty:
    /// the built-in music.
    music: Option<String>,
    enabled: Option<bool>,
    members: Option<Vec<UserId>>,
    pause_reasons: Option<Vec<PauseReasonId>>,
    dispositions: Option<Vec<DispositionId>>,
}

/// What is to be changed of a queue. Its medium stays what it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeQueue {
    name: Option<String>,
    title: Option<String>,
    direction: Option<QueueDirection>,
    /// 5 to 300.
    offer_timeout_s: Option<u32>,
    /// 0 to 3,600.
    wrap_up_s: Option<u32>,
    /// 0 to 9.
    priority: Option<u8>,
    /// `clip:` and the number of an uploaded sound, the file name of an announcement of the organization, or `builtin:music`; empty:
    /// the built-in music.
    music: Option<String>,
    enabled: Option<bool>,
    members: Option<Vec<UserId>>,
    pause_reasons: Option<Vec<PauseReasonId>>,
    dispositions: Option<Vec<DispositionId>>,
}

impl NewQueue {
    /// # Errors
    /// With the field that is to blame.
    pub fn queue(self, signed: &Signed, directory: &Directory) -> Result<Queue, Problem> {
        if directory.queues(signed.organization).count() >= QUEUES_LIMIT {
            return Err(Problem::too_many_rows(
                "Too many queues",
                format!("There may be {QUEUES_LIMIT}."),
                QUEUES_LIMIT,
            ));
        }
        let name = checked_name(&self.name)?;
        let blank = Queue {
            id: QueueId(0),
            organization: signed.organization,
            title: checked_title(self.title.as_deref().unwrap_or(&name))?,
            name,
            medium: self.medium,
            direction: self.direction.unwrap_or(QueueDirection::Inbound),
            offer_timeout_s: USUAL_OFFER_TIMEOUT_S,
            wrap_up_s: 0,
            priority: 0,
            music: None,
            enabled: true,
            members: Vec::new(),
            pause_reasons: Vec::new(),
            dispositions: Vec::new(),
        };
        let rest = ChangeQueue {
            name: None,
            title: None,
            direction: None,
            offer_timeout_s: self.offer_timeout_s,
            wrap_up_s: self.wrap_up_s,
            priority: self.priority,
            music: self.music,
            enabled: self.enabled,
            members: self.members,
            pause_reasons: self.pause_reasons,
            dispositions: self.dispositions,
        };
        rest.applied(&blank, directory)
    }
}

impl ChangeQueue {
    /// # Errors
    /// With the field that is to blame.
    pub fn applied(self, old: &Queue, directory: &Directory) -> Result<Queue, Problem> {
        let mut new = old.clone();
        if let Some(name) = &self.name {
            new.name = checked_name(name)?;
        }
        if let Some(title) = &self.title {
            new.title = checked_title(title)?;
        }
        new.direction = self.direction.unwrap_or(new.direction);
        self.rest_of(new, directory)
    }

    fn rest_of(self, mut queue: Queue, directory: &Directory) -> Result<Queue, Problem> {
        let organization = queue.organization;
        queue.offer_timeout_s = within("offer_timeout_s", self.offer_timeout_s, OFFER_TIMEOUT_S)?
            .unwrap_or(queue.offer_timeout_s);
        queue.wrap_up_s = within("wrap_up_s", self.wrap_up_s, WRAP_UP_S)?.unwrap_or(queue.wrap_up_s);
        if let Some(priority) = self.priority {
            queue.priority = if priority <= 9 { priority } else { return Err(range("priority", 0, 9)) };
        }
        if let Some(music) = self.music {
            queue.music = checked_music(&music)?;
        }
        queue.enabled = self.enabled.unwrap_or(queue.enabled);
        if let Some(members) = self.members {
            queue.members = listed("members", members, |id| directory.agent(organization, *id).is_some())?;
        }
        if let Some(reasons) = self.pause_reasons {
            let known = |id: &PauseReasonId| directory.pause_reasons(organization).any(|one| one.id == *id);
            queue.pause_reasons = listed("pause_reasons", reasons, known)?;
        }
        if let Some(dispositions) = self.dispositions {
            let known = |id: &DispositionId| directory.dispositions(organization).any(|one| one.id == *id);
            queue.dispositions = listed("dispositions", dispositions, known)?;
        }
        Ok(queue)
    }
}

fn checked_name(name: &str) -> Result<String, Problem> {
    let plain = name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
    if plain && (1..=NAME_LIMIT).contains(&name.len()) && !name.starts_with('-') {
        return Ok(name.to_owned());
    }
    let problem =
        Problem::wrong("name", format!("1 to {NAME_LIMIT} lower-case letters, digits and hyphens."));
    Err(problem.coded(Code::NameLetters).with("most", NAME_LIMIT))
}

/// A title of whatever has one.
pub fn checked_title(title: &str) -> Result<String, Problem> {
    let title = title.trim();
    Problem::unless_seen("title", title)?;
    if (1..=TITLE_LIMIT).contains(&title.len()) {
        return Ok(title.to_owned());
    }
    Err(Problem::length("title", (1, TITLE_LIMIT)))
}

/// `builtin:NAME`, `clip:NUMBER`, or a file in the organization's folder of announcements, never above it.
fn checked_music(music: &str) -> Result<Option<String>, Problem> {
    let name = music.strip_prefix("builtin:").unwrap_or(music);
    let plain = name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c));
    if matches!(Announcement::named(music), Announcement::Clip(_)) {
        return Ok(Some(music.to_owned()));
    }
    match music {
        "" => Ok(None),
        _ if plain && name.len() <= TITLE_LIMIT && !name.starts_with('.') && !name.is_empty() => {
            Ok(Some(music.to_owned()))
        }
        _ => {
            Err(Problem::wrong("music", "The file name of an announcement: letters, digits, -, _ and dots.")
                .coded(Code::MusicFile))
        }
    }
}

fn within(
    field: &'static str,
    value: Option<u32>,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<Option<u32>, Problem> {
    match value {
        Some(value) if !allowed.contains(&value) => Err(range(field, *allowed.start(), *allowed.end())),
        value => Ok(value),
    }
}

fn range(field: &'static str, least: u32, most: u32) -> Problem {
    let problem = Problem::wrong(field, format!("{least} to {most}."));
    problem.coded(Code::Between).with("least", least).with("most", most)
}

/// Each once, in order; every one has to be there.
fn listed<T: Ord>(
    field: &'static str,
    mut list: Vec<T>,
    known: impl Fn(&T) -> bool,
) -> Result<Vec<T>, Problem> {
    if list.len() > LIST_LIMIT {
        return Err(Problem::wrong(field, format!("At most {LIST_LIMIT}."))
            .coded(Code::AtMost)
            .with("most", LIST_LIMIT));
    }
    if !list.iter().all(known) {
        return Err(Problem::wrong(field, "One of them does not exist.").coded(Code::OneUnknown));
    }
    list.sort();
    list.dedup();
    Ok(list)
}
