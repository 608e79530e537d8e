use opentelemetry::KeyValue;

use super::*;

#[test]
fn a_histogram_of_seconds_has_buckets_that_see_microseconds() {
    let telemetry = Telemetry::start(&Options::default()).unwrap();
    let histogram = telemetry.meter("test").f64_histogram("test.call.duration").with_unit("s").build();
    histogram.record(0.000_2, &[KeyValue::new("plugin", "csv")]);
    let text = telemetry.scrape().unwrap();
    assert!(text.contains(r#"test_call_duration_seconds_bucket{plugin="csv",le="0.0001"} 0"#), "{text}");
    assert!(text.contains(r#"test_call_duration_seconds_bucket{plugin="csv",le="0.00025"} 1"#), "{text}");
}

#[test]
fn the_process_tells_its_memory_cpu_threads_and_files() {
    let telemetry = Telemetry::start(&Options::default()).unwrap();
    let text = telemetry.scrape().unwrap();
    for name in ["process_cpu_time_seconds_total", "process_memory_resident_bytes"] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} is missing in\n{text}");
    }
    if cfg!(target_os = "linux") {
        for name in ["process_threads", "process_open_files"] {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            let value: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
            assert!(value >= 1.0, "{line}");
        }
    }
}

#[test]
fn with_metrics_off_nothing_is_registered() {
    let telemetry = Telemetry::start(&Options { metrics: false, ..Options::default() }).unwrap();
    telemetry.meter("test").u64_counter("test.files").build().add(1, &[]);
    assert!(!telemetry.enabled());
    assert_eq!(telemetry.scrape().unwrap(), "");
}

#[test]
fn the_station_is_named_in_the_target() {
    let options = Options { instance: Some("EOL-03".into()), ..Options::default() };
    let text = Telemetry::start(&options).unwrap().scrape().unwrap();
    assert!(text.contains(r#"service_instance_id="EOL-03""#), "{text}");
}

#[test]
fn a_log_filter_that_is_not_understood_is_named() {
    let error = start_logs("info,=,=", LogFormat::Text).unwrap_err();
    assert!(error.to_string().contains("\"info,=,=\""), "{error}");
}
