//! How does a counter look as bytes?
//!
//! ```text
//! version (1) ‖ counted (1) ‖ flags (1) ‖ network prefix length (1) ‖ expires at ‖ since ‖ failed at ‖ owed (8 each)
//! ‖ under way: stretch (8), current (4), previous (4) ‖ seen: stretch (8), marks (32) ‖ subject (16) ‖ network (4 or 16)
//! ```
//!
//! Numbers are big-endian, times and durations milliseconds. Equal counters have equal bytes. What was written by a
//! later version is not read, and so counts as absent. Where `expires at` stands never changes: a script in Redis reads it.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::{Counted, Counter, CounterKey};
use crate::model::Timestamp;
use crate::policy::throttle::{Bucket, Seen, UnderWay};

const VERSION: u8 = 1;
const IS_REPORTED: u8 = 1;
const HAS_SUBJECT: u8 = 1 << 1;
const IS_V4: u8 = 1 << 2;
const IS_V6: u8 = 1 << 3;

impl Counter {
    /// The bytes to keep.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Bucket { since, failed_at, owed, under_way, seen, is_reported } = self.bucket;
        let mut flags = if is_reported { IS_REPORTED } else { 0 };
        flags |= self.subject.map_or(0, |_| HAS_SUBJECT);
        flags |= self.network.map_or(0, |network| if network.addr().is_ipv4() { IS_V4 } else { IS_V6 });
        let prefix = self.network.map_or(0, |network| network.prefix_len());
        let mut bytes = Vec::with_capacity(128);
        bytes.extend([VERSION, self.counted.code(), flags, prefix]);
        for time in [self.expires_at, since, failed_at] {
            bytes.extend(time.as_millis().to_be_bytes());
        }
        bytes.extend(u64::try_from(owed.as_millis()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend(under_way.stretch.to_be_bytes());
        bytes.extend(under_way.current.to_be_bytes());
        bytes.extend(under_way.previous.to_be_bytes());
        bytes.extend(seen.stretch.to_be_bytes());
        bytes.extend(seen.marks.iter().flat_map(|word| word.to_be_bytes()));
        bytes.extend(self.subject.iter().flat_map(|key| key.0));
        match self.network.map(|network| network.addr()) {
            None => {}
            Some(IpAddr::V4(address)) => bytes.extend(address.octets()),
            Some(IpAddr::V6(address)) => bytes.extend(address.octets()),
        }
        bytes
    }

    /// Reads bytes; `None` when they are none of a counter.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Reader(bytes);
        let [version, counted, flags, prefix] = bytes.take()?;
        let counted = Counted::of_code(counted).filter(|_| version == VERSION)?;
        let expires_at = bytes.time()?;
        let (since, failed_at) = (bytes.time()?, bytes.time()?);
        let owed = Duration::from_millis(u64::from_be_bytes(bytes.take()?));
        let stretch = i64::from_be_bytes(bytes.take()?);
        let [current, previous] = [bytes.take()?, bytes.take()?].map(u32::from_be_bytes);
        let under_way = UnderWay { stretch, current, previous };
        let stretch = i64::from_be_bytes(bytes.take()?);
        let marks = [bytes.take()?, bytes.take()?, bytes.take()?, bytes.take()?].map(u64::from_be_bytes);
        let seen = Seen { stretch, marks };
        let subject = if flags & HAS_SUBJECT == 0 { None } else { Some(CounterKey(bytes.take()?)) };
        let address = match flags & (IS_V4 | IS_V6) {
            IS_V4 => Some(IpAddr::from(bytes.take::<4>()?)),
            IS_V6 => Some(IpAddr::from(bytes.take::<16>()?)),
            _ => None,
        };
        let network = match address {
            Some(address) => Some(IpNet::new(address, prefix).ok()?),
            None => None,
        };
        let is_reported = flags & IS_REPORTED != 0;
        let bucket = Bucket { since, failed_at, owed, under_way, seen, is_reported };
        bytes.0.is_empty().then_some(Self { counted, subject, network, bucket, expires_at })
    }
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn time(&mut self) -> Option<Timestamp> {
        Some(Timestamp::from_millis(i64::from_be_bytes(self.take()?)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    fn counters() -> impl Strategy<Value = Counter> {
        let counted = prop::sample::select(Counted::all().collect::<Vec<_>>());
        let network = prop::option::of(prop_oneof![
            any::<[u8; 4]>().prop_map(|octets| IpNet::new(octets.into(), 24).unwrap()),
            any::<[u8; 16]>().prop_map(|octets| IpNet::new(octets.into(), 48).unwrap()),
        ]);
        let bucket = (any::<[i64; 4]>(), any::<u64>(), any::<[u32; 2]>(), any::<[u64; 4]>(), any::<bool>());
        (counted, any::<Option<[u8; 16]>>(), network, bucket, any::<i64>()).prop_map(
            |(counted, subject, network, (times, owed, [current, previous], marks, is_reported), expires)| {
                Counter {
                    counted,
                    subject: subject.map(CounterKey),
                    network,
                    bucket: Bucket {
                        since: Timestamp::from_millis(times[0]),
                        failed_at: Timestamp::from_millis(times[1]),
                        owed: Duration::from_millis(owed),
                        under_way: UnderWay { stretch: times[2], current, previous },
                        seen: Seen { stretch: times[3], marks },
                        is_reported,
                    },
                    expires_at: Timestamp::from_millis(expires),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_counter_is_read_as_it_was_written(counter in counters()) {
            let bytes = counter.to_bytes();
            prop_assert_eq!(Counter::from_bytes(&bytes), Some(counter));
            for len in 0..bytes.len() {
                prop_assert_eq!(Counter::from_bytes(&bytes[..len]), None);
            }
            prop_assert_eq!(Counter::from_bytes(&[&bytes[..], &[0]].concat()), None);
            let later = [&[VERSION + 1], &bytes[1..]].concat();
            prop_assert_eq!(Counter::from_bytes(&later), None);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..160)) {
            if let Some(counter) = Counter::from_bytes(&bytes) {
                prop_assert!(counter.to_bytes().len() == bytes.len());
            }
        }
    }

    #[test]
    fn every_code_stands_for_one_thing() {
        for counted in Counted::all() {
            assert_eq!(Counted::of_code(counted.code()), Some(counted));
        }
        assert_eq!(Counted::of_code(0), None);
    }
}
