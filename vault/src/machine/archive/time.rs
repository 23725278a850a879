//! Times as text, by the clock of Greenwich.

pub(super) struct Moment {
    pub(super) year: u64,
    pub(super) month: u8,
    pub(super) day: u8,
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    milli: u16,
}

/// Beyond the year 9999 all is one moment: a writer's clock can say anything.
const LAST_MS: u64 = 253_402_300_799_999;

/// Of milliseconds since 1970.
pub(super) fn moment(ms: u64) -> Moment {
    let ms = ms.min(LAST_MS);
    let (days, of_day) = (ms / 86_400_000, ms % 86_400_000);
    // Years that begin in March end with the day that is there or not; 400 of them are 146,097 days.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    Moment {
        year: era * 400 + year_of_era + u64::from(month <= 2),
        month: month as u8,
        day: (of_year - (153 * from_march + 2) / 5 + 1) as u8,
        hour: (of_day / 3_600_000) as u8,
        minute: (of_day / 60_000 % 60) as u8,
        second: (of_day / 1_000 % 60) as u8,
        milli: (of_day % 1_000) as u16,
    }
}

/// As `2026-03-31`.
pub(super) fn day(ms: u64) -> String {
    let Moment { year, month, day, .. } = moment(ms);
    format!("{year:04}-{month:02}-{day:02}")
}

/// As `2026-03-31T23:59:59.999Z`.
pub(super) fn whole(ms: u64) -> String {
    let Moment { hour, minute, second, milli, .. } = moment(ms);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", day(ms))
}

/// As `23:59`.
pub(super) fn clock(ms: u64) -> String {
    let Moment { hour, minute, .. } = moment(ms);
    format!("{hour:02}:{minute:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_other_clocks_have_it() {
        // date -u -d @SECONDS +%FT%TZ
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_001, "2000-02-29T00:00:00.001Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_774_999_999_999, "2026-03-31T23:33:19.999Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(whole(ms), text);
        }
    }
}
