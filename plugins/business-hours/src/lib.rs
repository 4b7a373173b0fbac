//! Business hours and holidays of a place, as a rule.

mod schedule;

use ramal_plugin::clock::{self, LocalTime};
use ramal_plugin::prelude::*;

pub use schedule::{Schedule, ScheduleError};

/// The disposition of what nobody was there for.
const CLOSED: &str = "closed";
/// The tag that shows it in lists and reports.
const TAG: &str = "outside-hours";

struct BusinessHours;

ramal_plugin::rule!(BusinessHours);

impl Rule for BusinessHours {
    fn decide(occasion: Occasion) -> Result<Vec<Action>, String> {
        let Occasion::Arrived(interaction) = occasion else { return Ok(Vec::new()) };
        let filled = |name: &str| settings::get(name).filter(|text| !text.trim().is_empty());
        let zone = filled("time_zone").ok_or("no time zone is set")?;
        let hours = filled("hours").unwrap_or_default();
        let schedule = Schedule::parse(&hours, &filled("holidays").unwrap_or_default())
            .map_err(|error| error.to_string())?;
        let now = clock::in_zone(clock::now(), &zone).ok_or("the time zone is not known")?;
        let outside = Outside {
            message: filled("message"),
            announcement: filled("announcement"),
            queue: filled("queue"),
        };
        Ok(decide(&schedule, now, &interaction, outside))
    }
}

/// What happens when nobody is there.
#[derive(Clone, Default)]
pub struct Outside {
    pub message: Option<String>,
    pub announcement: Option<String>,
    pub queue: Option<String>,
}

/// Asks the host nothing, so that tests reach it.
pub fn decide(
    schedule: &Schedule,
    now: LocalTime,
    interaction: &Interaction,
    outside: Outside,
) -> Vec<Action> {
    if schedule.is_open(now) {
        return Vec::new();
    }
    let mut actions = vec![Action::Tag(TAG.to_owned())];
    match (interaction.medium, outside.announcement, outside.message) {
        (Medium::Call, Some(announcement), _) => actions.push(Action::Play(announcement)),
        (_, _, Some(message)) => actions.push(Action::Say(message)),
        (_, _, None) => {}
    }
    actions.push(match outside.queue {
        Some(queue) => Action::ToQueue(queue),
        None => Action::Close(Some(CLOSED.to_owned())),
    });
    actions
}

#[cfg(test)]
mod tests {
    use ramal_plugin::clock::Weekday;

    use super::*;

    fn at(weekday: Weekday, hour: u8) -> LocalTime {
        LocalTime {
            year: 2026,
            month: 11,
            day: 23,
            weekday,
            hour,
            minute: 0,
            second: 0,
            offset_minutes: -180,
        }
    }

    fn interaction(medium: Medium) -> Interaction {
        Interaction {
            id: "1".to_owned(),
            protocol_number: "20261123-1".to_owned(),
            medium,
            channel: "voice".to_owned(),
            inbox: None,
            dialled: None,
            person: None,
            queue: None,
            started_at: 0,
            tags: Vec::new(),
            attributes: Vec::new(),
        }
    }

    fn decided(hour: u8, medium: Medium, outside: &Outside) -> Vec<Action> {
        let schedule = Schedule::parse("mon-fri 08:00-18:00", "").unwrap();
        decide(&schedule, at(Weekday::Monday, hour), &interaction(medium), outside.clone())
    }

    #[test]
    fn within_the_hours_nothing_changes() {
        assert_eq!(decided(9, Medium::Call, &Outside::default()), []);
    }

    #[test]
    fn outside_it_is_said_and_ended_or_sent_elsewhere() {
        let tag = Action::Tag(TAG.to_owned());
        let message = Outside { message: Some("Fechado".to_owned()), ..Outside::default() };
        let close = Action::Close(Some(CLOSED.to_owned()));
        assert_eq!(
            decided(20, Medium::Conversation, &message),
            [tag.clone(), Action::Say("Fechado".to_owned()), close.clone()]
        );
        let all = Outside {
            announcement: Some("night".to_owned()),
            queue: Some("mail".to_owned()),
            ..message.clone()
        };
        let elsewhere = Action::ToQueue("mail".to_owned());
        assert_eq!(
            decided(20, Medium::Call, &all),
            [tag.clone(), Action::Play("night".to_owned()), elsewhere.clone()]
        );
        assert_eq!(
            decided(20, Medium::Conversation, &all),
            [tag.clone(), Action::Say("Fechado".to_owned()), elsewhere]
        );
        assert_eq!(decided(20, Medium::Call, &Outside::default()), [tag, close]);
    }
}
