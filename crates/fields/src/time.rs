//! Times of day and dates as alerts print them.

use bumpalo::Bump;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::text::{Text, formatted};

const SECOND: u64 = 1_000_000_000;

/// The time of day of a time, with nanoseconds or without, with the date before it or without.
pub(crate) fn local<'a>(
    ts: u64,
    zone: &TimeZone,
    date: bool,
    nanoseconds: bool,
    arena: &'a Bump,
) -> &'a [u8] {
    let (time, _) = in_zone(ts, zone);
    let mut text = Text::new(arena);
    if date {
        text.format(format_args!("{} ", time.date()));
    }
    text.format(format_args!(
        "{:02}:{:02}:{:02}",
        time.hour(),
        time.minute(),
        time.second()
    ));
    if nanoseconds {
        text.format(format_args!(".{:09}", ts % SECOND));
    }
    text.finish()
}

/// ISO 8601 in UTC with nanoseconds and offset.
pub(crate) fn iso8601(ts: u64, arena: &Bump) -> &[u8] {
    let (time, _) = in_zone(ts, &TimeZone::UTC);
    formatted(
        arena,
        format_args!(
            "{}T{:02}:{:02}:{:02}.{:09}+0000",
            time.date(),
            time.hour(),
            time.minute(),
            time.second(),
            ts % SECOND
        ),
    )
}

/// Date, time with nanoseconds, and offset, as time parameters print.
pub(crate) fn with_offset<'a>(ts: u64, zone: &TimeZone, arena: &'a Bump) -> &'a [u8] {
    let (time, offset) = in_zone(ts, zone);
    let minutes = offset.seconds() / 60;
    formatted(
        arena,
        format_args!(
            "{} {:02}:{:02}:{:02}.{:09} {}{:02}{:02}",
            time.date(),
            time.hour(),
            time.minute(),
            time.second(),
            ts % SECOND,
            if minutes < 0 { '-' } else { '+' },
            minutes.abs() / 60,
            minutes.abs() % 60
        ),
    )
}

/// The civil time in a zone. Nanoseconds since the epoch in 64 bits are all within range.
fn in_zone(ts: u64, zone: &TimeZone) -> (DateTime, Offset) {
    let time = Timestamp::from_nanosecond(i128::from(ts)).unwrap_or_default();
    let offset = zone.to_offset(time);
    (offset.to_datetime(time), offset)
}

#[cfg(test)]
mod tests {
    use bstr::BStr;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::posix(name).unwrap()
    }

    #[test]
    fn times_print_in_the_zone() {
        let check = |ts: u64, zone: &TimeZone, date, ns, expect: &str| {
            let arena = Bump::new();
            assert_eq!(BStr::new(local(ts, zone, date, ns, &arena)), expect);
        };
        let ts = 1_555_011_831_000_000_042;
        check(ts, &TimeZone::UTC, false, true, "19:43:51.000000042");
        check(ts, &TimeZone::UTC, false, false, "19:43:51");
        check(
            ts,
            &TimeZone::UTC,
            true,
            true,
            "2019-04-11 19:43:51.000000042",
        );
        let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
        check(ts, &berlin, true, false, "2019-04-11 21:43:51");
        check(
            1_546_300_799 * SECOND,
            &berlin,
            true,
            false,
            "2019-01-01 00:59:59",
        );
        check(0, &zone("EST5"), true, false, "1969-12-31 19:00:00");
        check(
            u64::MAX,
            &TimeZone::UTC,
            true,
            true,
            "2554-07-21 23:34:33.709551615",
        );
    }

    #[test]
    fn iso_times_are_utc_and_parameters_carry_their_offset() {
        let arena = Bump::new();
        let ts = 1_470_327_477_881_790_397;
        assert_eq!(
            BStr::new(iso8601(ts, &arena)),
            "2016-08-04T16:17:57.881790397+0000"
        );
        assert_eq!(
            BStr::new(with_offset(ts, &zone("IST-5:30"), &arena)),
            "2016-08-04 21:47:57.881790397 +0530"
        );
        assert_eq!(
            BStr::new(with_offset(ts, &zone("NST3:30"), &arena)),
            "2016-08-04 12:47:57.881790397 -0330"
        );
    }
}
