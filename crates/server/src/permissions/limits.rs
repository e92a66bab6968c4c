//! How much one request may ask for. Where a limit is OpenFGA's it has OpenFGA's value.

/// Longest body, in bytes: the largest message that OpenFGA takes.
pub(crate) const BODY_BYTES_MAX: usize = 512 * 1204;

/// Most tuples in one write, deletes included.
pub(crate) const TUPLES_PER_WRITE: usize = 100;

/// Most checks in one batch.
pub(crate) const CHECKS_PER_BATCH: usize = 50;

/// Most contextual tuples of one question.
pub(crate) const CONTEXTUAL_TUPLES: usize = 100;

/// Most contextual tuples of one assertion.
pub(crate) const ASSERTION_TUPLES: usize = 20;

/// Most assertions of one model.
pub(crate) const ASSERTIONS: usize = 100;

/// Longest assertions of one model together, in bytes of JSON.
pub(crate) const ASSERTION_BYTES: usize = 64_000;

/// Largest page, and the size of a page that nobody asked the size of.
pub(crate) const PAGE_MAX: u32 = 100;
pub(crate) const PAGE_DEFAULT: u32 = 50;

/// Longest continuation token, in bytes.
pub(crate) const TOKEN_BYTES_MAX: usize = 5120;

/// Most conditions of a model, and most parameters of one.
pub(crate) const CONDITIONS: usize = 25;

/// Longest model, in bytes.
pub(crate) const MODEL_BYTES: usize = counterfoil_permission::language::TEXT_LIMIT;

/// Most results of an answer that is not a stream: a megabyte or two. What is more is to be
/// streamed or paged, and is refused rather than cut short.
pub(crate) const RESULTS_MAX: usize = 50_000;
