//! `clock`.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::plugin::guest::Guest;
use crate::plugin::wit::clock::{Host, LocalTime, Weekday as Day};

impl Host for Guest {
    fn now(&mut self) -> u64 {
        u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0)
    }

    fn in_zone(&mut self, at: u64, zone: String) -> Option<LocalTime> {
        local_time(at, &zone)
    }
}

fn local_time(at_ms: u64, zone: &str) -> Option<LocalTime> {
    let zone = TimeZone::get(zone).ok()?;
    let local = Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()?.to_zoned(zone);
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    Some(LocalTime {
        year: local.year(),
        month: part(local.month()),
        day: part(local.day()),
        weekday: match local.weekday() {
            Weekday::Monday => Day::Monday,
            Weekday::Tuesday => Day::Tuesday,
            Weekday::Wednesday => Day::Wednesday,
            Weekday::Thursday => Day::Thursday,
            Weekday::Friday => Day::Friday,
            Weekday::Saturday => Day::Saturday,
            Weekday::Sunday => Day::Sunday,
        },
        hour: part(local.hour()),
        minute: part(local.minute()),
        second: part(local.second()),
        offset_minutes: i16::try_from(local.offset().seconds() / 60).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_in_two_places() {
        // 2026-11-21T03:30:00Z, a Saturday; in São Paulo it is still Saturday, half past midnight.
        let at = 1_795_231_800_000;
        let there = local_time(at, "America/Sao_Paulo").unwrap();
        assert_eq!((there.day, there.hour, there.minute, there.offset_minutes), (21, 0, 30, -180));
        assert_eq!(there.weekday, Day::Saturday);
        let tokyo = local_time(at, "Asia/Tokyo").unwrap();
        assert_eq!((tokyo.day, tokyo.hour), (21, 12));
        assert_eq!(local_time(at, "Nowhere/At_All"), None);
        assert_eq!(local_time(u64::MAX, "UTC"), None);
    }
}
