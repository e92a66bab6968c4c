use clap::Args;

use crate::client::Output;

/// How a command tells its result.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct OutputArgs {
    /// How the answer is told.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// The same as `--output json`.
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

impl OutputArgs {
    pub(super) fn chosen(self) -> Output {
        if self.json { Output::Json } else { self.output }
    }
}
