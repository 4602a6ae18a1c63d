//! How are the figures shown?

use std::time::Duration;

/// One measured thing.
pub struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    p99: Option<Duration>,
    ratios: Vec<(&'static str, f64)>,
    note: Option<String>,
}

impl Row {
    pub fn rate(what: String, value: f64, unit: &'static str) -> Self {
        Self { what, value, unit, p99: None, ratios: Vec::new(), note: None }
    }

    pub fn with_p99(mut self, p99: Duration) -> Self {
        self.p99 = Some(p99);
        self
    }

    pub fn with_note(mut self, note: String) -> Self {
        self.note = Some(note);
        self
    }

    pub fn with_ratio(mut self, to: &'static str, ratio: f64) -> Self {
        self.ratios.push((to, ratio));
        self
    }
}

/// All of them, with the machine they were measured on.
pub struct Report {
    machine: String,
    rows: Vec<Row>,
}

impl Report {
    pub fn new() -> Self {
        Self { machine: machine(), rows: Vec::new() }
    }

    pub fn add(&mut self, row: Row) {
        eprintln!("measured: {}: {} {}", row.what, short(row.value), row.unit);
        self.rows.push(row);
    }

    pub fn print_table(&self) {
        println!("\n{}\n", self.machine);
        println!("{:<78} {:>12} {:<6} {:>9}  ratios", "", "", "", "p99");
        for row in &self.rows {
            let p99 = row.p99.map_or(String::new(), |p99| format!("{:.2} ms", p99.as_secs_f64() * 1000.0));
            let ratios: Vec<String> =
                row.ratios.iter().map(|(to, ratio)| format!("{} x {to}", short(*ratio))).collect();
            println!(
                "{:<78} {:>12} {:<6} {:>9}  {}",
                row.what,
                short(row.value),
                row.unit,
                p99,
                ratios.join(", ")
            );
            if let Some(note) = &row.note {
                println!("    {note}");
            }
        }
    }

    pub fn print_json(&self) {
        let row = |row: &Row| {
            serde_json::json!({
                "what": row.what,
                "value": row.value,
                "unit": row.unit,
                "note": row.note,
                "p99_ms": row.p99.map(|p99| p99.as_secs_f64() * 1000.0),
                "ratios": row.ratios.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
            })
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        println!("{}", serde_json::json!({ "machine": self.machine, "rows": rows }));
    }
}

/// As many digits as say something.
fn short(value: f64) -> String {
    if value.abs() < 0.1 {
        format!("{value:.4}")
    } else if value.abs() < 10.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {}", model.trim_start_matches([' ', '\t', ':']))
}
