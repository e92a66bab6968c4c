//! Timestamps of RFC 3339, and the parts of their dates.

use super::functions::DatePart;

const DAY_SECS: i64 = 86_400;
const NANOS: i64 = 1_000_000_000;
/// The first and the last second of the years 1 to 9999, which CEL's timestamps keep to.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// A moment, and the offset that it was written with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timestamp {
    seconds: i64,
    nanos: i64,
    offset_secs: i64,
}

/// A date of the proleptic Gregorian calendar, and the time of the day.
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    second_of_day: i64,
}

impl Timestamp {
    pub(super) fn from_unix(seconds: i64) -> Option<Self> {
        Self { seconds, nanos: 0, offset_secs: 0 }.in_range()
    }

    pub(super) fn unix(self) -> i64 {
        self.seconds
    }

    /// The moment without the offset, for comparing.
    pub(super) fn moment(self) -> (i64, i64) {
        (self.seconds, self.nanos)
    }

    pub(super) fn in_range(self) -> Option<Self> {
        (FIRST..=LAST).contains(&self.seconds).then_some(self)
    }

    /// Parses RFC 3339, as leniently as Go does.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once('T')?;
        let (year, month, day) = date_of(date)?;
        let zone = rest.find(['Z', '+', '-'])?;
        let (clock, zone) = rest.split_at_checked(zone)?;
        let (clock, fraction) = match clock.find(['.', ',']) {
            Some(place) => (clock.get(..place)?, Some(clock.get(place + 1..)?)),
            None => (clock, None),
        };
        let nanos = match fraction {
            Some(digits) => nanos_of(digits)?,
            None => 0,
        };
        let mut fields = clock.split(':');
        let hour = small(fields.next()?, 1..=2, 23)?;
        let minute = small(fields.next()?, 2..=2, 59)?;
        let second = small(fields.next()?, 2..=2, 59)?;
        if fields.next().is_some() {
            return None;
        }
        let offset_secs = offset_of(zone)?;
        let seconds = days(year, month, day) * DAY_SECS + hour * 3_600 + minute * 60 + second;
        Some(Self { seconds: seconds - offset_secs, nanos, offset_secs })
    }

    /// The moment some nanoseconds later.
    pub(super) fn plus(self, nanos: i64) -> Option<Self> {
        let total = self.nanos + nanos % NANOS;
        let seconds = self.seconds.checked_add(nanos / NANOS + total.div_euclid(NANOS))?;
        Self { seconds, nanos: total.rem_euclid(NANOS), ..self }.in_range()
    }

    /// The nanoseconds since another moment.
    pub(super) fn since(self, other: Self) -> Option<i64> {
        let seconds = self.seconds.checked_sub(other.seconds)?;
        seconds.checked_mul(NANOS)?.checked_add(self.nanos - other.nanos)
    }

    /// A part of its date or time, at an offset from UTC.
    pub(super) fn part(self, part: DatePart, offset_secs: i64) -> i64 {
        let civil = civil(self.seconds + offset_secs);
        match part {
            DatePart::FullYear => civil.year,
            DatePart::Month => civil.month - 1,
            DatePart::Date => civil.day,
            DatePart::DayOfMonth => civil.day - 1,
            DatePart::DayOfWeek => {
                ((self.seconds + offset_secs).div_euclid(DAY_SECS) + 4).rem_euclid(7)
            }
            DatePart::DayOfYear => {
                days(civil.year, civil.month, civil.day) - days(civil.year, 1, 1)
            }
            DatePart::Hours => civil.second_of_day / 3_600,
            DatePart::Minutes => civil.second_of_day / 60 % 60,
            DatePart::Seconds => civil.second_of_day % 60,
            DatePart::Milliseconds => self.nanos / 1_000_000,
        }
    }

    /// RFC 3339, with the offset that it was written with and what decimals are needed.
    pub(super) fn text(self) -> String {
        let Civil { year, month, day, second_of_day } = civil(self.seconds + self.offset_secs);
        let (hour, minute) = (second_of_day / 3_600, second_of_day / 60 % 60);
        let second = second_of_day % 60;
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if self.nanos > 0 {
            text.push('.');
            text.push_str(format!("{:09}", self.nanos).trim_end_matches('0'));
        }
        if self.offset_secs == 0 {
            text.push('Z');
        } else {
            let (sign, minutes) =
                (if self.offset_secs < 0 { '-' } else { '+' }, self.offset_secs.abs() / 60);
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
        text
    }
}

/// The offset of a time zone in seconds: `UTC`, or hours and minutes.
pub(super) fn zone(name: &str) -> Option<i64> {
    let Some((hours, minutes)) = name.split_once(':') else {
        return matches!(name, "" | "UTC").then_some(0);
    };
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| number.abs() < 1_000);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    Some(if hours < 0 { hours * 60 - minutes } else { hours * 60 + minutes } * 60)
}

fn date_of(text: &str) -> Option<(i64, i64, i64)> {
    let mut fields = text.split('-');
    let year = small(fields.next()?, 4..=4, 9_999)?;
    let month = small(fields.next()?, 2..=2, 12).filter(|month| *month > 0)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = small(fields.next()?, 2..=2, last).filter(|day| *day > 0)?;
    fields.next().is_none().then_some((year, month, day))
}

/// A number of so many digits and at most `max`.
fn small(text: &str, digits: std::ops::RangeInclusive<usize>, max: i64) -> Option<i64> {
    let plain = digits.contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| plain && *number <= max)
}

fn nanos_of(digits: &str) -> Option<i64> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
}

fn offset_of(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':')?;
    Some(sign * (small(hours, 2..=2, 24)? * 3_600 + small(minutes, 2..=2, 60)? * 60))
}

/// The days from 1970-01-01 to a date. Years begin in March here, so that leap days end them.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil(seconds: i64) -> Civil {
    let (day, second_of_day) = (seconds.div_euclid(DAY_SECS), seconds.rem_euclid(DAY_SECS));
    let shifted = day + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    Civil {
        year: era * 400 + year_of_era + i64::from(month >= 10),
        month: if month < 10 { month + 3 } else { month - 9 },
        day: day_of_year - (153 * month + 2) / 5 + 1,
        second_of_day,
    }
}
