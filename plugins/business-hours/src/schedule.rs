//! Hours of a week and holidays, as an administrator writes them.

use std::fmt;

use ramal_plugin::clock::{LocalTime, Weekday};

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];
const MINUTES_OF_DAY: u16 = 24 * 60;

/// When somebody is there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Schedule {
    /// By day from Monday on: spans of minutes since midnight; one that ends after 24:00 reaches into the next day.
    week: [Vec<(u16, u16)>; 7],
    holidays: Vec<Holiday>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Holiday {
    /// `None`: each year.
    year: Option<i16>,
    month: u8,
    day: u8,
}

/// The line that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScheduleError {
    pub line: String,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is neither hours such as `mon-fri 08:00-18:00` nor a day such as `12-25`", self.line)
    }
}

impl Schedule {
    /// Reads hours, a line for some days each, and holidays, one a line. A day without hours is closed.
    ///
    /// # Errors
    /// The first line that cannot be read.
    pub fn parse(hours: &str, holidays: &str) -> Result<Self, ScheduleError> {
        let mut schedule = Self::default();
        for line in lines(hours) {
            schedule.add_hours(line).ok_or_else(|| ScheduleError { line: line.to_owned() })?;
        }
        for line in lines(holidays) {
            let day = line.split_whitespace().next().unwrap_or_default();
            let holiday = holiday(day).ok_or_else(|| ScheduleError { line: line.to_owned() })?;
            schedule.holidays.push(holiday);
        }
        Ok(schedule)
    }

    fn add_hours(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_whitespace();
        let days = days(words.next()?)?;
        let spans = words.map(span).collect::<Option<Vec<_>>>()?;
        for day in days {
            self.week.get_mut(day)?.extend(&spans);
        }
        Some(())
    }

    /// Whether somebody is there. On a holiday nobody is; a night that began the day before goes on to its end.
    pub fn is_open(&self, now: LocalTime) -> bool {
        let minute = u16::from(now.hour) * 60 + u16::from(now.minute);
        let today = DAYS.iter().position(|(_, day)| *day == now.weekday).unwrap_or(0);
        let within = |day: usize, minute: u16| {
            self.week
                .get(day)
                .is_some_and(|spans| spans.iter().any(|(from, to)| (*from..*to).contains(&minute)))
        };
        let began_today = within(today, minute) && !self.is_holiday(now.year, now.month, now.day);
        began_today || within((today + 6) % 7, minute + MINUTES_OF_DAY) && !self.is_holiday_before(now)
    }

    fn is_holiday(&self, year: i16, month: u8, day: u8) -> bool {
        let is = |holiday: &Holiday| {
            (holiday.month, holiday.day) == (month, day) && holiday.year.is_none_or(|only| only == year)
        };
        self.holidays.iter().any(is)
    }

    fn is_holiday_before(&self, now: LocalTime) -> bool {
        match (now.month, now.day) {
            (1, 1) => self.is_holiday(now.year - 1, 12, 31),
            (month, 1) => self.is_holiday(now.year, month - 1, days_of(now.year, month - 1)),
            (month, day) => self.is_holiday(now.year, month, day - 1),
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty())
}

/// `mon`, `mon-fri`, `sat,sun`, `fri-mon`.
fn days(text: &str) -> Option<Vec<usize>> {
    let number = |name: &str| DAYS.iter().position(|(day, _)| day.eq_ignore_ascii_case(name));
    let mut found = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                found.extend((0..=(last + 7 - first) % 7).map(|step| (first + step) % 7));
            }
            None => found.push(number(part)?),
        }
    }
    Some(found)
}

/// `08:00-18:00`; one that ends before it begins ends on the next day.
fn span(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from)?, minute(to)?);
    if from == to || from == MINUTES_OF_DAY {
        return None;
    }
    Some((from, if to < from { to + MINUTES_OF_DAY } else { to }))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let minutes = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && minutes <= MINUTES_OF_DAY).then_some(minutes)
}

/// `2026-12-25` or `12-25`.
fn holiday(text: &str) -> Option<Holiday> {
    let parts: Vec<&str> = text.split('-').collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] => (Some(year.parse().ok()?), month, day),
        [month, day] => (None, month, day),
        _ => return None,
    };
    let holiday = Holiday { year, month: month.parse().ok()?, day: day.parse().ok()? };
    // 2024 has a 29 February.
    let days = days_of(year.unwrap_or(2024), holiday.month);
    (1..=days).contains(&holiday.day).then_some(holiday)
}

fn days_of(year: i16, month: u8) -> u8 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: (i16, u8, u8), weekday: Weekday, hour: u8, minute: u8) -> LocalTime {
        let (year, month, day) = date;
        LocalTime { year, month, day, weekday, hour, minute, second: 59, offset_minutes: -180 }
    }

    const MONDAY: (i16, u8, u8) = (2026, 11, 23);

    #[test]
    fn a_day_with_a_break() {
        let schedule = Schedule::parse("mon-fri 08:00-12:00 13:30-18:00\nsat 09:00-13:00", "").unwrap();
        let open = |hour, minute| schedule.is_open(at(MONDAY, Weekday::Monday, hour, minute));
        assert!(!open(7, 59) && open(8, 0) && open(11, 59) && !open(12, 0) && open(13, 30) && !open(18, 0));
        assert!(schedule.is_open(at((2026, 11, 21), Weekday::Saturday, 9, 0)));
        assert!(!schedule.is_open(at((2026, 11, 22), Weekday::Sunday, 9, 0)));
    }

    #[test]
    fn a_night_ends_on_the_next_day_and_on_the_next_week() {
        let schedule = Schedule::parse("sun 22:00-06:00", "").unwrap();
        assert!(schedule.is_open(at((2026, 11, 22), Weekday::Sunday, 23, 0)));
        assert!(schedule.is_open(at(MONDAY, Weekday::Monday, 5, 59)));
        assert!(!schedule.is_open(at(MONDAY, Weekday::Monday, 6, 0)));
        assert!(!schedule.is_open(at((2026, 11, 22), Weekday::Sunday, 5, 0)));
    }

    #[test]
    fn holidays_of_one_year_and_of_each() {
        let schedule = Schedule::parse("mon-sun 00:00-24:00", "12-25 Natal\n2026-11-23").unwrap();
        assert!(!schedule.is_open(at(MONDAY, Weekday::Monday, 12, 0)));
        assert!(schedule.is_open(at((2027, 11, 23), Weekday::Tuesday, 12, 0)));
        assert!(!schedule.is_open(at((2030, 12, 25), Weekday::Wednesday, 12, 0)));
        let nights = Schedule::parse("mon-sun 22:00-06:00", "12-31").unwrap();
        assert!(!nights.is_open(at((2027, 1, 1), Weekday::Friday, 3, 0)));
        assert!(nights.is_open(at((2026, 12, 31), Weekday::Thursday, 3, 0)));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for hours in [
            "mo 08:00-18:00",
            "mon 8-18",
            "mon 08:00-25:00",
            "mon 08:60-09:00",
            "mon 08:00-08:00",
            "mon 24:00-25:00",
        ] {
            assert_eq!(Schedule::parse(hours, "").unwrap_err().line, hours);
        }
        for day in ["25/12", "13-01", "02-30", "2026-02-29", "12"] {
            assert_eq!(Schedule::parse("", day).unwrap_err().line, day);
        }
    }
}
