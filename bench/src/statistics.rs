//! Two samples and whether they differ.

/// Times, sorted.
pub struct Sample(Vec<f64>);

/// Kolmogorov-Smirnov at 5 %, for large samples.
const CRITICAL: f64 = 1.358;

impl Sample {
    pub fn new(mut times: Vec<f64>) -> Sample {
        times.sort_by(f64::total_cmp);
        Sample(times)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn count(&self) -> f64 {
        self.0.len().max(1) as f64
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.count()
    }

    pub fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    fn variance(&self) -> f64 {
        let mean = self.mean();
        self.0.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (self.count() - 1.0).max(1.0)
    }

    /// Welch's t: beyond 2 in either direction, the means probably differ.
    pub fn welch(&self, other: &Sample) -> f64 {
        let error = self.variance() / self.count() + other.variance() / other.count();
        if error == 0.0 { 0.0 } else { (self.mean() - other.mean()) / error.sqrt() }
    }

    /// The largest distance between the two distributions (Kolmogorov-Smirnov).
    pub fn distance(&self, other: &Sample) -> f64 {
        let (mut one, mut two) = (self.0.iter().peekable(), other.0.iter().peekable());
        let (mut seen_one, mut seen_two, mut most) = (0.0, 0.0, 0.0_f64);
        while let Some(at) =
            [one.peek(), two.peek()].into_iter().flatten().copied().copied().reduce(f64::min)
        {
            while one.next_if(|it| **it <= at).is_some() {
                seen_one += 1.0;
            }
            while two.next_if(|it| **it <= at).is_some() {
                seen_two += 1.0;
            }
            most = most.max((seen_one / self.count() - seen_two / other.count()).abs());
        }
        most
    }

    /// Above this distance they differ, with an error in one of twenty cases.
    pub fn critical(&self, other: &Sample) -> f64 {
        CRITICAL * ((self.count() + other.count()) / (self.count() * other.count())).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_samples_do_not_differ_and_others_do() {
        let numbers = |from: u32| (from..from + 100).map(f64::from).collect();
        let (one, same, other) =
            (Sample::new(numbers(0)), Sample::new(numbers(0)), Sample::new(numbers(50)));
        assert_eq!((one.mean(), one.median(), one.len()), (49.5, 50.0, 100));
        assert_eq!((one.welch(&same), one.distance(&same)), (0.0, 0.0));
        assert!(one.welch(&other) < -10.0);
        assert!((one.distance(&other) - 0.5).abs() < 1e-9);
        assert!(one.distance(&other) > one.critical(&other));
    }
}
