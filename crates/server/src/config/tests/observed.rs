//! Metrics and traces.

use super::Place;
use crate::config::meant::MetricsSettings;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn metrics(variables: &[(&str, &str)]) -> MetricsSettings {
    place(variables).settings().metrics
}

fn place(variables: &[(&str, &str)]) -> Place {
    variables.iter().fold(Place::new(), |place, (name, value)| place.variable(name, value))
}

#[test]
fn metrics_are_nowhere_unless_somebody_says_where_or_for_whom() {
    assert!(matches!(metrics(&[]), MetricsSettings::Off));
    let apart = ("PORTCULLIS_METRICS_LISTEN", "127.0.0.1:9464");
    let token = ("PORTCULLIS_METRICS_TOKEN", TOKEN);
    assert!(matches!(metrics(&[apart]), MetricsSettings::Apart { token: None, .. }));
    assert!(matches!(metrics(&[apart, token]), MetricsSettings::Apart { token: Some(_), .. }));
    assert!(matches!(metrics(&[token]), MetricsSettings::BesideApi { .. }));
}

#[test]
fn metrics_without_a_token_stay_where_no_stranger_gets() {
    for listen in
        ["127.0.0.1:1", "[::1]:1", "10.1.2.3:1", "192.168.0.9:1", "[fd00::1]:1", "[::ffff:127.0.0.1]:1"]
    {
        assert!(matches!(metrics(&[("PORTCULLIS_METRICS_LISTEN", listen)]), MetricsSettings::Apart { .. }));
    }
    for listen in ["0.0.0.0:1", "[::]:1", "203.0.113.9:1", "[2001:db8::1]:1"] {
        let open = ("PORTCULLIS_METRICS_LISTEN", listen);
        let problems = place(&[open]).problems();
        assert!(problems.contains("may be open to everybody, and there is no `metrics.token`"), "{problems}");
        let guarded = metrics(&[open, ("PORTCULLIS_METRICS_TOKEN", TOKEN)]);
        assert!(matches!(guarded, MetricsSettings::Apart { token: Some(_), .. }));
    }
}

#[test]
fn a_token_that_leaves_the_machine_in_plain_text_is_warned_of() {
    let warnings = |listen: &str| {
        place(&[("PORTCULLIS_METRICS_LISTEN", listen), ("PORTCULLIS_METRICS_TOKEN", TOKEN)])
            .settings()
            .warnings
    };
    for listen in ["0.0.0.0:1", "10.1.2.3:1", "[fd00::1]:1"] {
        let warnings = warnings(listen);
        assert!(
            warnings.iter().any(|warning| warning.about == "metrics"
                && warning.what.contains("whoever listens gets the `metrics.token`")),
            "{listen}: {warnings:?}"
        );
    }
    for listen in ["127.0.0.1:1", "[::1]:1"] {
        assert_eq!(warnings(listen), [], "{listen}");
    }
}

#[test]
fn the_token_of_the_metrics_is_never_shown() {
    let configuration = place(&[("PORTCULLIS_METRICS_TOKEN", TOKEN)]).load();
    assert!(!crate::config::report::json(&configuration.effective).to_string().contains(TOKEN));
    assert!(!format!("{:?}", configuration.settings.unwrap()).contains(TOKEN));
    let short = place(&[("PORTCULLIS_METRICS_TOKEN", "s3cret")]).problems();
    assert!(short.contains("is so short that it can be guessed") && !short.contains("s3cret"), "{short}");
}

#[test]
#[cfg(not(feature = "otel"))]
fn traces_are_refused_by_a_binary_that_cannot_send_them() {
    let problems = place(&[("PORTCULLIS_OTEL_ENDPOINT", "http://127.0.0.1:4318")]).problems();
    assert!(problems.contains("asks for what this binary was built without"), "{problems}");
    assert!(problems.contains("--features otel"), "{problems}");
}

#[test]
#[cfg(feature = "otel")]
fn what_is_said_about_traces_needs_a_collector() {
    let settings = place(&[("PORTCULLIS_OTEL_ENDPOINT", "http://127.0.0.1:4318/")]).settings();
    assert_eq!(settings.otel.unwrap().endpoint.as_str(), "http://127.0.0.1:4318");
    let problems = place(&[("PORTCULLIS_OTEL_SERVICE_NAME", "auth")]).problems();
    assert!(problems.contains("says nothing without `otel.endpoint`"), "{problems}");
}

#[test]
#[cfg(feature = "otel")]
fn in_production_traces_leave_the_machine_over_tls_only() {
    let with = |url: &str| place(&[("PORTCULLIS_OTEL_ENDPOINT", url)]).in_production();
    for url in
        ["https://collector.example", "http://localhost:4318", "http://127.0.0.1:4318", "http://[::1]:4318"]
    {
        assert!(with(url).settings().otel.is_some(), "{url}");
    }
    let problems = with("http://collector.example:4318").problems();
    assert!(problems.contains("goes to another machine without TLS"), "{problems}");
}
