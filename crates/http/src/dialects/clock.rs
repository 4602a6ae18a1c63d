//! How is a time written where JavaScript wrote it?

use portcullis_core::model::Timestamp;
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const HTTP: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// A time in JSON, as `Date.prototype.toISOString` writes it.
pub(super) struct Iso(pub(super) Timestamp);

impl Serialize for Iso {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write(self.0, ISO))
    }
}

/// A time in a header (RFC 9110 §5.6.7).
pub(super) fn http_date(at: Timestamp) -> String {
    write(at, HTTP)
}

/// A time beyond the year 9999 is written as the beginning of time: no account and no cookie has one.
fn write(at: Timestamp, format: &[BorrowedFormatItem<'_>]) -> String {
    let nanos = i128::from(at.as_millis()) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_node_writes_them() {
        let at = Timestamp::from_millis(1_726_484_400_005);
        assert_eq!(write(at, ISO), "2024-09-16T11:00:00.005Z");
        assert_eq!(http_date(at), "Mon, 16 Sep 2024 11:00:00 GMT");
        assert_eq!(http_date(Timestamp::from_millis(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
