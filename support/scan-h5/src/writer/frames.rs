//! Pixels.

use super::ScanSpec;

/// A dark bar that moves from frame to frame over an even field, with a little noise.
pub(super) fn frames(count: usize, level: u16, spec: &ScanSpec) -> Vec<u16> {
    if spec.constant {
        return vec![level; count * spec.rows * spec.cols];
    }
    let mut noise = Noise(spec.seed ^ u64::from(level));
    let mut pixels = Vec::with_capacity(count * spec.rows * spec.cols);
    for frame in 0..count {
        let bar = frame * spec.cols / count.max(1);
        for _ in 0..spec.rows {
            for col in 0..spec.cols {
                let light = if col.abs_diff(bar) * 16 < spec.cols {
                    level / 2
                } else {
                    level
                };
                pixels.push(light + noise.next_below_64());
            }
        }
    }
    pixels
}

/// A generator of few lines, so that a seed means the same bytes for ever.
struct Noise(u64);

impl Noise {
    fn next_below_64(&mut self) -> u16 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u16::from(self.0.to_be_bytes()[0] >> 2)
    }
}
