//! Faults that a person could make in the freshness protocol.

use super::{Edit, Mutant};

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the lease is counted from when the grant was received",
        edits: &[Edit {
            file: "follower/leasing.rs",
            from: "self.book.granted(sent, granted, now);",
            to: "_ = sent; self.book.granted(now, granted, now);",
        }],
    },
    Mutant {
        name: "no epoch is raised on fail-over",
        edits: &[Edit {
            file: "publisher/mod.rs",
            from: "if head.at.epoch != self.epoch {\n            return HeadCheck::Unknown;",
            to: "if head.at.epoch == self.epoch {\n            return HeadCheck::Same;",
        }],
    },
    Mutant {
        name: "a raised epoch gives lost revisions out again",
        edits: &[Edit {
            file: "words.rs",
            from: "Self((past_lost / EPOCH_STRIDE + 1).saturating_mul(EPOCH_STRIDE))",
            to: "_ = past_lost; self",
        }],
    },
    Mutant {
        name: "a stale introspection answer is installed",
        edits: &[Edit {
            file: "miss.rs",
            from: "answer.epoch == epoch && watermarks.newest_for(keys) <= answer.seq",
            to: "_ = (keys, watermarks); answer.epoch == epoch",
        }],
    },
    Mutant {
        name: "the wall clock is the lease clock",
        edits: &[Edit {
            file: "gate/lease_cell.rs",
            from: "let boot_ms = now.boot_ms.checked_sub(self.sent.boot_ms)?;",
            to: "let boot_ms = now.wall_ms.checked_sub(self.sent.wall_ms)?;",
        }],
    },
    Mutant {
        name: "the wall clock is ignored",
        edits: &[Edit {
            file: "gate/lease_cell.rs",
            from: "let wall_ms = now.wall_ms.checked_sub(self.sent.wall_ms)?;",
            to: "let wall_ms = 0;",
        }],
    },
    Mutant {
        name: "a gap is ignored",
        edits: &[
            Edit {
                file: "follower/frames.rs",
                from: "if frame.from_seq > applied.seq.next() {",
                to: "if false {",
            },
            Edit {
                file: "follower/frames.rs",
                from: "!= self.chain {",
                to: "!= self.chain && false {",
            },
        ],
    },
    Mutant {
        name: "a silent guard is counted out after L without drift",
        edits: &[Edit {
            file: "lease_time.rs",
            from: "lease_ms.saturating_add(drift_ms(lease_ms, rho_ppm)).saturating_add(CLOCK_GRAIN_MS)",
            to: "_ = rho_ppm; lease_ms",
        }],
    },
    Mutant {
        name: "a guard uses the whole lease without drift",
        edits: &[Edit {
            file: "lease_time.rs",
            from: "lease_ms.saturating_sub(drift_ms(lease_ms, rho_ppm)).saturating_sub(CLOCK_GRAIN_MS)",
            to: "_ = rho_ppm; lease_ms",
        }],
    },
    Mutant {
        name: "a grant is used before its revision is applied",
        edits: &[Edit {
            file: "follower/lease_book.rs",
            from: "if grant.committed > applied {",
            to: "if false && grant.committed > applied {",
        }],
    },
    Mutant {
        name: "a server gives receipts right after its restart",
        edits: &[Edit {
            file: "leases/mod.rs",
            from: "let silent_until_ms = now_ms.saturating_add(server_wait_ms(terms.lease_ms, terms.rho_ppm));",
            to: "let silent_until_ms = now_ms;",
        }],
    },
    Mutant {
        name: "the table may change between verdict and answer",
        edits: &[Edit {
            file: "gate/mod.rs",
            from: "self.decide(route, now).is_from_cache() && self.generation() == verdict_at",
            to: "_ = verdict_at; self.decide(route, now).is_from_cache()",
        }],
    },
    Mutant {
        name: "the lease may end between verdict and answer",
        edits: &[Edit {
            file: "gate/mod.rs",
            from: "self.decide(route, now).is_from_cache() && self.generation() == verdict_at",
            to: "_ = (route, now); self.generation() == verdict_at",
        }],
    },
    Mutant {
        name: "identities of a lost history are kept",
        edits: &[Edit {
            file: "follower/syncing.rs",
            from: "let another = self.gate.is_warm() && !snapshot.continues;",
            to: "let another = false;",
        }],
    },
    Mutant {
        name: "a guard acknowledges frames before it applies them",
        edits: &[Edit {
            file: "gate/mod.rs",
            from: "let changed = watermarks.iter().fold(false, |any, each| table.apply(each) | any);",
            to: "let changed = watermarks.iter().skip(1).fold(false, |any, each| table.apply(each) | any);",
        }],
    },
];
