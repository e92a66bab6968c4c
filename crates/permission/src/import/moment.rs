//! Moments in RFC 3339, in UTC, as seconds since 1970.

const SECS_PER_DAY: u64 = 86_400;
/// 400 years of the calendar, after which it repeats.
const DAYS_PER_ERA: u64 = 146_097;
/// From 1 March of year 0 to 1 January 1970.
const DAYS_TO_1970: u64 = 719_468;
/// Later moments need five digits for the year.
const YEAR_MAX: u64 = 9_999;

/// Reads a moment from 1970 on.
///
/// Fractions of a second are dropped: what expires does so early, not late.
///
/// ```
/// use counterfoil_permission::import::moment;
///
/// assert_eq!(moment::parse("1970-01-02T00:00:01Z"), Some(86_401));
/// ```
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let time = time.split_once('.').map_or(Some(time), |(whole, fraction)| {
        let digits = !fraction.is_empty() && fraction.chars().all(|c| c.is_ascii_digit());
        digits.then_some(whole)
    })?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if year < 1970 || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days(year, month, day);
    // The day exists in its month.
    if date_of(days) != (year, month, day) {
        return None;
    }
    Some(days * SECS_PER_DAY + hour * 3600 + minute * 60 + second)
}

/// Writes a moment; `None` past the year 9999.
#[must_use]
pub fn print(moment: u64) -> Option<String> {
    let (year, month, day) = date_of(moment / SECS_PER_DAY);
    if year > YEAR_MAX {
        return None;
    }
    let second = moment % SECS_PER_DAY;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// Numbers of these many digits each.
fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(between);
    let mut found = [0; 3];
    for (number, digits) in found.iter_mut().zip(digits) {
        let part = parts.next()?;
        if part.len() != digits || !part.chars().all(|letter| letter.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// Days since 1970 of a date from then on. A year is counted from March, so that the day that some
/// years lack is its last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_era = year % 400;
    let of_years = in_era * 365 + in_era / 4 - in_era / 100;
    let of_months = (month * 153 + 2) / 5;
    (year / 400 * DAYS_PER_ERA + of_years + of_months + day).saturating_sub(DAYS_TO_1970 + 1)
}

fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_1970;
    let (era, in_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (year * 365 + year / 4 - year / 100);
    let month = (in_year * 5 + 2) / 153;
    let day = in_year - (month * 153 + 2) / 5 + 1;
    let (year, month) = (era * 400 + year, if month < 10 { month + 3 } else { month - 9 });
    (if month <= 2 { year + 1 } else { year }, month, day)
}

#[cfg(test)]
mod tests {
    use super::{parse, print};

    #[test]
    fn moments_are_read_and_written() {
        for (text, moment) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2024-12-31T00:00:00Z", 1_735_603_200),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(parse(text), Some(moment), "{text}");
            assert_eq!(print(moment).as_deref(), Some(text));
        }
        assert_eq!(parse("2000-01-01T00:00:00.999Z"), parse("2000-01-01T00:00:00Z"));
        for wrong in [
            "",
            "Z",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-01-00T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:00:00",
            "1969-12-31T23:59:59Z",
            "2023-01-01T00:00:00.Z",
            "2023-01-01 00:00:00Z",
            "+023-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(print(253_402_300_800), None);
        for moment in (0..253_402_300_800).step_by(123_456_789) {
            assert_eq!(parse(&print(moment).unwrap()), Some(moment));
        }
    }
}
