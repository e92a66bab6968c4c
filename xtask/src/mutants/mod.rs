//! Breaks shipping code in each known way and makes sure that the tests notice.
//!
//! A mutant is an exact edit of the source: keep them in step with it. A text that is not found
//! exactly once is an error.

mod bench;
mod feed;
mod permission;

use bench::{Bench, Verdict};

use crate::say;

/// One fault that a person could make.
struct Mutant {
    name: &'static str,
    edits: &'static [Edit],
}

/// One replacement in one file under `src/`.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// A crate, and the test that must turn red with a seed.
struct Subject {
    /// Its folder under `crates/`.
    krate: &'static str,
    /// The modules of its integration tests that are needed.
    modules: &'static [&'static str],
    /// A part of the test's name.
    test: &'static str,
    mutants: &'static [Mutant],
}

const SUBJECTS: [Subject; 2] = [
    Subject {
        krate: "feed",
        modules: &["sim"],
        test: "the_properties_hold",
        mutants: feed::MUTANTS,
    },
    Subject {
        krate: "permission",
        modules: &["agreement", "build", "naive", "ways", "worlds"],
        test: "agreement",
        mutants: permission::MUTANTS,
    },
];

/// Applies each fault to a copy of its crate, runs the crate's generated tests against the copy, and
/// demands that they turn red and print a seed. A crate, a name or a part of one runs those alone.
///
/// # Errors
/// Names the mutants that stayed green, or that cannot be run.
pub fn mutants(filter: &[String]) -> Result<(), String> {
    let wanted = |subject: &Subject, name: &str| {
        filter.iter().all(|part| subject.krate == part || name.contains(part.as_str()))
    };
    let mut green = vec![];
    say::note(&format!("{:<8} {:<44} fault", "seed", "first difference"));
    for subject in &SUBJECTS {
        let mutants: Vec<_> =
            subject.mutants.iter().filter(|mutant| wanted(subject, mutant.name)).collect();
        if mutants.is_empty() {
            continue;
        }
        let bench = Bench::lay(subject)?;
        for mutant in mutants {
            match bench.try_mutant(mutant) {
                Err(error) => {
                    say::note(&error);
                    green.push(mutant.name);
                }
                Ok(Verdict::Red { seed, what }) => {
                    say::note(&format!("{seed:<8} {what:<44} {}", mutant.name));
                }
                Ok(Verdict::Green) => {
                    say::note(&format!("{:<8} {:<44} {}", "GREEN", "-", mutant.name));
                    green.push(mutant.name);
                }
            }
        }
    }
    if green.is_empty() {
        return Ok(());
    }
    Err(format!("the tests did not notice:\n{}", green.join("\n")))
}
