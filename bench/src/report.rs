//! A table on the terminal, and JSON for other programs.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{Plan, load::Measured};

pub(crate) struct Report {
    plan: Value,
    rounds: Vec<Value>,
    rates: BTreeMap<usize, Vec<f64>>,
    per_cpu: BTreeMap<usize, Vec<f64>>,
    idle: Value,
}

impl Report {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            plan: json!({"pairs": plan.pairs, "rounds": plan.rounds, "warm_up_s": plan.warm_up_s, "seconds": plan.seconds}),
            rounds: Vec::new(),
            rates: BTreeMap::new(),
            per_cpu: BTreeMap::new(),
            idle: Value::Null,
        }
    }

    pub(crate) fn head(&self) {
        println!("window  fdatasync ms   messages/s  per CPU-s   ack p50/p99 ms   delivered p50/p99 ms");
    }

    pub(crate) fn load(&mut self, round: usize, window: usize, probe_ms: f64, m: &Measured) {
        let rate = m.messages as f64 / m.seconds;
        let per_cpu = m.messages as f64 / m.cpu_seconds.max(0.01);
        println!(
            "{window:>6}  {probe_ms:>12.2}  {rate:>11.0}  {per_cpu:>9.0}  {:>7.1} /{:>6.1}  {:>9.1} /{:>6.1}",
            m.acknowledged_p50, m.acknowledged_p99, m.delivered_p50, m.delivered_p99
        );
        self.rates.entry(window).or_default().push(rate);
        self.per_cpu.entry(window).or_default().push(per_cpu);
        self.rounds.push(json!({
            "round": round, "window": window, "fdatasync_ms": probe_ms, "messages": m.messages, "seconds": m.seconds,
            "cpu_seconds": m.cpu_seconds, "messages_per_second": rate, "messages_per_cpu_second": per_cpu,
            "acknowledged_ms": {"p50": m.acknowledged_p50, "p99": m.acknowledged_p99},
            "delivered_ms": {"p50": m.delivered_p50, "p99": m.delivered_p99},
        }));
    }

    pub(crate) fn idle(&mut self, connections: usize, kib: f64) {
        println!("{connections} idle connections: {kib:.1} KiB of resident memory each\n");
        self.idle = json!({"connections": connections, "kib_each": kib});
    }

    pub(crate) fn finish(mut self, file: Option<&Path>) -> Result<()> {
        println!("\nmedians (least to most) over the rounds:");
        for (window, rates) in &mut self.rates {
            println!("  window {window:>2}: {} messages/s", spread(rates));
        }
        for (window, per_cpu) in &mut self.per_cpu {
            println!("  window {window:>2}: {} messages per CPU-second of the relay", spread(per_cpu));
        }
        let Some(file) = file else { return Ok(()) };
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let all = json!({"plan": self.plan, "tls": false, "rounds": self.rounds, "idle": self.idle});
        fs::write(file, serde_json::to_vec_pretty(&all)?)
            .with_context(|| format!("{} cannot be written", file.display()))
    }
}

fn spread(values: &mut [f64]) -> String {
    format!("{:.0} ({:.0} to {:.0})", quantile(values, 0.5), quantile(values, 0.0), quantile(values, 1.0))
}

/// The value below which a share `q` of them lies; 0 for none.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = ((values.len().saturating_sub(1)) as f64 * q).round() as usize;
    values.get(at).copied().unwrap_or(0.0)
}
