//! How are counts written down?
//!
//! In the text format of Prometheus, version 0.0.4: of each family of samples a line that says what it is and one that says
//! of which type, then the samples, each with its labels.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write as _;
use std::time::Duration;

use portcullis_core::metrics::Times;
use portcullis_core::model::Timestamp;

/// Labels of a sample: names, which are words, and any values.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page(String);

/// A family of samples that is being written.
#[derive(Debug)]
pub(super) struct Family<'p> {
    page: &'p mut Page,
    name: &'static str,
}

/// What a sample can be.
pub(super) trait Value {
    /// Writes it.
    fn write_to(&self, text: &mut String);
}

impl Page {
    /// Numbers that only grow, from the start of the process on.
    pub(super) fn counter(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, help, "counter")
    }

    /// Numbers that go up and down.
    pub(super) fn gauge(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, help, "gauge")
    }

    /// How often something took how long, in seconds.
    pub(super) fn histogram(&mut self, name: &'static str, help: &str) -> Family<'_> {
        self.family(name, help, "histogram")
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn family(&mut self, name: &'static str, help: &str, kind: &str) -> Family<'_> {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { page: self, name }
    }
}

impl Family<'_> {
    /// A sample without labels.
    pub(super) fn is(&mut self, value: impl Value) {
        self.of(&[], value);
    }

    /// A sample.
    #[expect(clippy::needless_pass_by_value, reason = "numbers, which callers have at hand as such")]
    pub(super) fn of(&mut self, labels: Labels<'_>, value: impl Value) {
        self.sample("", labels, None, &value);
    }

    /// The samples of a histogram.
    pub(super) fn times<const N: usize>(&mut self, labels: Labels<'_>, times: &Times<N>) {
        let mut up_to_here = 0;
        for (bound, count) in times.bounds.iter().zip(&times.classes) {
            up_to_here += count;
            let bound = bound.as_secs_f64().to_string();
            self.sample("_bucket", labels, Some(&bound), &up_to_here);
        }
        let all = up_to_here + times.above;
        self.sample("_bucket", labels, Some("+Inf"), &all);
        self.sample("_sum", labels, None, &times.sum);
        self.sample("_count", labels, None, &all);
    }

    fn sample(&mut self, suffix: &str, labels: Labels<'_>, bound: Option<&str>, value: &impl Value) {
        let text = &mut self.page.0;
        let _ = write!(text, "{}{suffix}", self.name);
        let labels = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
        let mut before = '{';
        for (name, value) in labels {
            let _ = write!(text, "{before}{name}=\"");
            escape(text, value);
            text.push('"');
            before = ',';
        }
        text.push_str(if before == '{' { " " } else { "} " });
        value.write_to(text);
        text.push('\n');
    }
}

fn escape(text: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\\' => text.push_str(r"\\"),
            '"' => text.push_str(r#"\""#),
            '\n' => text.push_str(r"\n"),
            other => text.push(other),
        }
    }
}

macro_rules! displayed {
    ($($kind:ty),+) => {
        $(impl Value for $kind {
            fn write_to(&self, text: &mut String) {
                let _ = write!(text, "{self}");
            }
        })+
    };
}

displayed!(u32, u64, usize, f64);

impl Value for bool {
    fn write_to(&self, text: &mut String) {
        text.push(if *self { '1' } else { '0' });
    }
}

/// In seconds.
impl Value for Duration {
    fn write_to(&self, text: &mut String) {
        self.as_secs_f64().write_to(text);
    }
}

/// In seconds since the epoch.
impl Value for Timestamp {
    fn write_to(&self, text: &mut String) {
        let millis = self.as_millis();
        let _ = write!(text, "{}.{:03}", millis.div_euclid(1000), millis.rem_euclid(1000));
    }
}

#[cfg(test)]
mod tests {
    use portcullis_core::metrics::Histogram;

    use super::*;

    #[test]
    fn a_page_is_written_as_prometheus_reads_it() {
        const BOUNDS: [Duration; 2] = [Duration::from_micros(250), Duration::from_secs(1)];
        let histogram = Histogram::new(&BOUNDS);
        for millis in [0, 500, 2_000] {
            histogram.note(Duration::from_millis(millis));
        }
        let mut page = Page::default();
        page.gauge("ours_up", "Whether it is up.").is(true);
        page.gauge("ours_since_seconds", "Since when.").is(Timestamp::from_millis(1_800_000_000_007));
        let mut family = page.counter("ours_answers_total", "Answers.");
        family.of(&[("route", "/a"), ("why", "a \"b\" \\ \n")], 7_u64);
        family.of(&[("route", "/b"), ("why", "")], u64::MAX);
        page.histogram("ours_wait_seconds", "Waits.").times(&[("kind", "x")], &histogram.times());
        page.counter("ours_never_total", "Nothing of it yet.");
        assert_eq!(
            page.finish(),
            r#"# HELP ours_up Whether it is up.
# TYPE ours_up gauge
ours_up 1
# HELP ours_since_seconds Since when.
# TYPE ours_since_seconds gauge
ours_since_seconds 1800000000.007
# HELP ours_answers_total Answers.
# TYPE ours_answers_total counter
ours_answers_total{route="/a",why="a \"b\" \\ \n"} 7
ours_answers_total{route="/b",why=""} 18446744073709551615
# HELP ours_wait_seconds Waits.
# TYPE ours_wait_seconds histogram
ours_wait_seconds_bucket{kind="x",le="0.00025"} 1
ours_wait_seconds_bucket{kind="x",le="1"} 2
ours_wait_seconds_bucket{kind="x",le="+Inf"} 3
ours_wait_seconds_sum{kind="x"} 2.5
ours_wait_seconds_count{kind="x"} 3
# HELP ours_never_total Nothing of it yet.
# TYPE ours_never_total counter
"#
        );
    }
}
