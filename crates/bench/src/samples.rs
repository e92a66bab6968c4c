//! What was measured, run by run.

use serde::{Deserialize, Serialize};

/// One measurement of one metric.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) metric: String,
    pub(crate) run: u32,
    pub(crate) value: f64,
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub(crate) detail: serde_json::Value,
}

/// All of them, in the order of measuring.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Samples {
    pub(crate) samples: Vec<Sample>,
}

impl Samples {
    pub(crate) fn add(&mut self, metric: &str, run: u32, value: f64) {
        self.detailed(metric, run, value, serde_json::Value::Null);
    }

    pub(crate) fn detailed(
        &mut self,
        metric: &str,
        run: u32,
        value: f64,
        detail: serde_json::Value,
    ) {
        self.samples.push(Sample { metric: metric.to_owned(), run, value, detail });
    }

    /// Takes over what another process measured.
    pub(crate) fn merge(&mut self, other: Self) {
        self.samples.extend(other.samples);
    }

    /// The median of a metric's runs.
    pub(crate) fn median(&self, metric: &str) -> Option<f64> {
        let of_metric = self.samples.iter().filter(|sample| sample.metric == metric);
        median(of_metric.map(|sample| sample.value).collect())
    }

    /// The median of the runs' ratios: both sides of one run were measured within seconds of each
    /// other, so that what slows the machine for a minute slows both.
    pub(crate) fn ratio(&self, ours: &str, against: &str) -> Option<f64> {
        let of = |metric| self.samples.iter().filter(move |sample| sample.metric == metric);
        let ratios = of(ours).filter_map(|sample| {
            let other = of(against).find(|other| other.run == sample.run)?;
            Some(sample.value / other.value)
        });
        median(ratios.collect())
    }
}

/// The middle value; of an even number, the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn ratios_are_of_one_run() {
        let mut samples = Samples::default();
        for (run, ours, peer) in [(0, 8.0, 4.0), (1, 2.0, 1.0), (2, 9.0, 3.0)] {
            samples.add("ours", run, ours);
            samples.add("peer", run, peer);
        }
        samples.add("ours", 3, 100.0);
        assert_eq!(samples.ratio("ours", "peer"), Some(2.0));
        assert_eq!(samples.ratio("ours", "nobody"), None);
    }
}
