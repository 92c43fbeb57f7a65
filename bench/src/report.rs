//! The figures as a table for people and as JSON for tools.

use serde_json::{Map, Value, json};

use crate::Outcome;

/// Figures in the order measured.
#[derive(Default)]
pub struct Report {
    figures: Vec<Figure>,
    passed: Vec<String>,
}

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

impl Report {
    /// Add one; it is shown at once on stderr, so that a long run says how far it is.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        let figure = Figure { name: name.into(), value, unit };
        eprintln!("{}", figure.line());
        self.figures.push(figure);
    }

    /// Add one that must not be larger than that.
    pub fn add_limited(&mut self, name: &str, value: f64, unit: &'static str, most: f64) {
        self.add(format!("{name} (at most {most})"), value, unit);
        if value > most {
            self.passed.push(format!("{name}: {value:.3} {unit}, and {most} is the most"));
        }
    }

    /// The limits that were passed, a line each.
    pub fn passed(&self) -> &[String] {
        &self.passed
    }

    /// The table, on stdout.
    pub fn print(&self) {
        println!();
        for figure in &self.figures {
            println!("{}", figure.line());
        }
    }

    /// One object: name to value and unit.
    pub fn to_json(&self) -> Outcome<String> {
        let figures = self.figures.iter().map(|f| (f.name.clone(), json!({ "value": f.value, "unit": f.unit })));
        Ok(serde_json::to_string_pretty(&Value::Object(figures.collect::<Map<_, _>>()))?)
    }
}

impl Figure {
    fn line(&self) -> String {
        format!("{:<58} {:>12.3} {}", self.name, self.value, self.unit)
    }
}

/// The value below which this share of the sorted values lies.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}
