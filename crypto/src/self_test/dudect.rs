//! Does the time of an operation tell which of two classes its input is of? The method of dudect (Reparaz, Balasch and
//! Verbauwhede, "Dude, is my code constant time?", 2017): classes in random order, Welch's t-test over the times, also with
//! the slowest cut off.

/// dudect's own bound on |t|: above it, the time tells. Below, nothing was found with so many samples on this machine.
pub const TELLS: f64 = 10.0;

/// A class, and nanoseconds.
pub type Sample = (bool, f64);

/// What the samples of one operation came to.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    pub samples: usize,
    /// Nanoseconds.
    pub median: f64,
    /// |t| of all samples.
    pub all: f64,
    /// The largest |t|, of all samples and of those below each of dudect's hundred percentiles.
    pub most: f64,
}

impl Verdict {
    /// Of at least one sample.
    pub fn of(samples: &[Sample]) -> Self {
        let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
        times.sort_unstable_by(f64::total_cmp);
        let all = welch(samples, f64::INFINITY).abs();
        let percentile = |n: i32| 1.0 - 0.5_f64.powf(10.0 * f64::from(n) / 100.0);
        let cut = |n| welch(samples, times[(percentile(n) * times.len() as f64) as usize]);
        let most = (1..=100).map(cut).fold(all, |most, t| most.max(t.abs()));
        Self { samples: samples.len(), median: times[times.len() / 2], all, most }
    }

    pub fn tells(&self) -> bool {
        self.most > TELLS
    }

    pub fn line(&self, what: &str) -> String {
        let Self { samples, median, all, most } = self;
        format!("{what}: {samples} samples, median {median:.0} ns, |t| {all:.2}, at most {most:.2} when cut")
    }
}

/// Welch's t between the two classes, of the times below `limit`; 0 where there are too few to say.
fn welch(samples: &[Sample], limit: f64) -> f64 {
    let moments = |class: bool| {
        let times = samples.iter().filter(move |(c, time)| *c == class && *time < limit).map(|(_, time)| *time);
        let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for time in times {
            n += 1.0;
            let off = time - mean;
            mean += off / n;
            squares += off * (time - mean);
        }
        (n, mean, squares / (n - 1.0))
    };
    let ((n0, mean0, var0), (n1, mean1, var1)) = (moments(false), moments(true));
    let t = (mean0 - mean1) / (var0 / n0 + var1 / n1).sqrt();
    if n0 > 100.0 && n1 > 100.0 && t.is_finite() { t } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pair of classes whose times are the same cloud, one of them shifted by so much.
    fn samples(shift: f64) -> Vec<Sample> {
        let noise = |n: u32| f64::from(n.wrapping_mul(2_654_435_761) >> 20);
        (0..20_000).map(|n| (n % 2 == 1, noise(n / 2) + if n % 2 == 1 { shift } else { 0.0 })).collect()
    }

    #[test]
    fn a_shift_between_the_classes_tells_and_none_does_not() {
        assert!(!Verdict::of(&samples(0.0)).tells());
        assert!(Verdict::of(&samples(300.0)).tells());
        // What only the slow tail hides.
        let mut hidden = samples(300.0);
        hidden.iter_mut().step_by(51).for_each(|sample| sample.1 += 1e6);
        let verdict = Verdict::of(&hidden);
        assert!(verdict.all < TELLS && verdict.tells(), "{verdict:?}");
    }
}
