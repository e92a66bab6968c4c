//! Moments as RFC 3339 has them, in UTC on the way out.

const DAY_MS: i64 = 86_400_000;

/// `2026-11-22T12:13:17.250Z`; without a fraction where it is nought, as protobuf's JSON has it.
pub(crate) fn format(unix_ms: i64) -> String {
    let (days, of_day) = (unix_ms.div_euclid(DAY_MS), unix_ms.rem_euclid(DAY_MS));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1_000 % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    match of_day % 1_000 {
        0 => text.push('Z'),
        ms => text.push_str(&format!(".{ms:03}Z")),
    }
    text
}

/// Reads a moment, in milliseconds since 1970; what is finer is cut off.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let (year, month, day) = three(date, '-')?;
    let (clock, offset_minutes) = offset(time)?;
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, milliseconds(fraction)?),
        None => (clock, 0),
    };
    let (hour, minute, second) = three(clock, ':')?;
    let days_in_month = [31, 28 + i64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *days_in_month.get(usize::try_from(month - 1).ok()?)?;
    let fits = (1..=9999).contains(&year)
        && (1..=length).contains(&day)
        && (0..=23).contains(&hour)
        && (0..=59).contains(&minute)
        && (0..=60).contains(&second);
    let minutes = (days(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    fits.then_some((minutes * 60 + second) * 1_000 + fraction)
}

fn three(text: &str, separator: char) -> Option<(i64, i64, i64)> {
    let mut parts = text.split(separator).map(digits);
    let all = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(all)
}

fn digits(text: &str) -> Option<i64> {
    let plain = (2..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn milliseconds(fraction: &str) -> Option<i64> {
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded: String = fraction.chars().chain("00".chars()).take(3).collect();
    padded.parse().ok()
}

fn offset(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (clock, offset) = time.split_at_checked(at)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let whole = hours * 60 + minutes;
    Some((clock, if offset.starts_with('-') { -whole } else { whole }))
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days since 1970 of a date of the Gregorian calendar, counted in years that begin in March, so
/// that a leap day is the last of its year.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date that lies so many days after 1970 began.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        let check = |text: &str, ms: i64| {
            assert_eq!(format(ms), text);
            assert_eq!(parse(text), Some(ms), "{text}");
        };
        check("1970-01-01T00:00:00Z", 0);
        check("1969-12-31T23:59:59.999Z", -1);
        check("2000-02-29T12:00:00Z", 951_825_600_000);
        check("2026-11-22T12:13:17.250Z", 1_795_349_597_250);
        for ms in (0..4_000_000_000_000).step_by(86_399_987_654) {
            check(&format(ms), ms);
        }
    }

    #[test]
    fn offsets_and_fractions_are_understood() {
        let noon = parse("2026-11-22T12:00:00Z");
        assert_eq!(parse("2026-11-22T13:30:00+01:30"), noon);
        assert_eq!(parse("2026-11-22t04:00:00.000999999-08:00"), noon);
        for bad in [
            "",
            "2026-11-22",
            "2026-11-22T12:00:00",
            "2026-02-30T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T12:00Z",
            "2026-11-22T12:00:00.Z",
            "2026-11-22T12:00:00+25:00",
            "2026-11-22 12:00:00Z",
            "-2026-11-22T12:00:00Z",
            "2026-11-22T12:00:00é",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
