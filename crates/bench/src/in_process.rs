//! Verifying and signing without a server: CPU time of one thread, the product's operation and the
//! bare one taking turns.

mod bare;
mod lab;
mod sign;
mod verify;

use clap::Args;
use counterfoil_jose::JwsAlgorithm;

use crate::{clock::thread_cpu_ns, failure::Failure, samples::Samples, say};

/// The algorithms of the table.
const ALGORITHMS: [JwsAlgorithm; 3] =
    [JwsAlgorithm::EdDsa, JwsAlgorithm::Es256, JwsAlgorithm::Rs256];

/// CPU time that each operation gets in one run, in nanoseconds, and in a smoke run.
const BUDGET_NS: (u64, u64) = (1_000_000_000, 50_000_000);

/// CPU time of one turn: short, so that what disturbs one side disturbs the other too, and so that
/// the median of a run's turns leaves out what a neighbour of the machine does.
const TURN_NS: u64 = 2_000_000;

/// `counterfoil-bench in-process`.
#[derive(Args, Debug)]
pub(crate) struct InProcessArgs {
    /// How often everything is measured.
    #[arg(long)]
    runs: u32,
    /// A smoke run.
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(args: &InProcessArgs) -> Result<(), Failure> {
    let mut samples = Samples::default();
    for run in 0..args.runs {
        let mut turns = Turns::new(run, args.quick, &mut samples);
        verify::known(&mut turns)?;
        for alg in ALGORITHMS {
            verify::unknown(alg, &mut turns)?;
            sign::measure(alg, &mut turns)?;
        }
    }
    say::line(&serde_json::to_string(&samples)?);
    Ok(())
}

/// Lets operations take turns and notes what one of each costs.
pub(crate) struct Turns<'a> {
    run: u32,
    quick: bool,
    samples: &'a mut Samples,
}

impl<'a> Turns<'a> {
    pub(crate) fn new(run: u32, quick: bool, samples: &'a mut Samples) -> Self {
        Self { run, quick, samples }
    }

    /// Measures two operations under their metrics, in microseconds. Each is told how many times
    /// it has been called before, so that it can use up prepared inputs.
    pub(crate) fn take(
        &mut self,
        (ours, our_work): (&str, impl FnMut(usize)),
        (bare, bare_work): (&str, impl FnMut(usize)),
    ) {
        let micros = self.alternate(our_work, bare_work);
        self.samples.add(ours, self.run, micros.0);
        self.samples.add(bare, self.run, micros.1);
    }

    /// The same in operations per second.
    pub(crate) fn rates(
        &mut self,
        (ours, our_work): (&str, impl FnMut(usize)),
        (bare, bare_work): (&str, impl FnMut(usize)),
    ) {
        let micros = self.alternate(our_work, bare_work);
        self.samples.add(ours, self.run, 1e6 / micros.0);
        self.samples.add(bare, self.run, 1e6 / micros.1);
    }

    fn alternate(
        &self,
        mut our_work: impl FnMut(usize),
        mut bare_work: impl FnMut(usize),
    ) -> (f64, f64) {
        let budget = if self.quick { BUDGET_NS.1 } else { BUDGET_NS.0 };
        let (mut our_side, mut bare_side) = (Side::default(), Side::default());
        while our_side.ns.min(bare_side.ns) < budget {
            our_side.turn(&mut our_work);
            bare_side.turn(&mut bare_work);
        }
        (our_side.micros(), bare_side.micros())
    }
}

/// What one side has done so far.
#[derive(Default)]
struct Side {
    ns: u64,
    calls: usize,
    /// Microseconds of one call, turn by turn.
    turns: Vec<f64>,
}

impl Side {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn turn(&mut self, work: &mut impl FnMut(usize)) {
        /// Calls between two looks at the clock, which itself costs some hundred nanoseconds.
        const BATCH: usize = 16;
        let before = self.calls;
        let started = thread_cpu_ns();
        let mut now = started;
        while now.saturating_sub(started) < TURN_NS {
            for _ in 0..BATCH {
                work(self.calls);
                self.calls += 1;
            }
            now = thread_cpu_ns();
        }
        let ns = now.saturating_sub(started);
        self.ns += ns;
        self.turns.push(ns as f64 / 1e3 / (self.calls - before) as f64);
    }

    /// Of the median turn.
    fn micros(&mut self) -> f64 {
        self.turns.sort_by(f64::total_cmp);
        self.turns.get(self.turns.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
