use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use counterfoil_permission::{
    compile::{CheckedModel, Finding, compile},
    language,
    model::Model,
};

use super::files;
use crate::{failure::Failure, say};

/// `counterfoil perm model`.
#[derive(Subcommand, Debug)]
pub(super) enum ModelCommand {
    /// Name every problem of a model. Exit code 7: it has some.
    Validate(Files),
    /// Write a model in the other form, on standard output.
    Transform(TransformArgs),
    /// Run the tests of `.fga.yaml` files: the same as `perm test`.
    Test(super::test::TestArgs),
}

#[derive(Args, Debug)]
pub(super) struct Files {
    /// A `.fga` or `.json` file, or all files of a model of modules.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct TransformArgs {
    #[command(flatten)]
    files: Files,
    /// The form to write.
    #[arg(long, value_enum)]
    to: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// OpenFGA's language.
    Fga,
    /// OpenFGA's JSON.
    Json,
}

pub(super) fn run(command: &ModelCommand) -> Result<(), Failure> {
    match command {
        ModelCommand::Test(args) => super::test::run(args),
        ModelCommand::Validate(args) => {
            let model = files::model(&args.files)?;
            let checked = valid(&model)?;
            for warning in checked.warnings() {
                say::note(&format!("warning: {warning}"));
            }
            let relations: usize = model.types.iter().map(|found| found.relations.len()).sum();
            say::foreign(&format!("valid: {} types, {relations} relations", model.types.len()));
            Ok(())
        }
        ModelCommand::Transform(args) => {
            let model = files::model(&args.files.files)?;
            let text = match args.to {
                Form::Fga => language::print(&model).map_err(Failure::from_display)?,
                Form::Json => language::to_json(&model),
            };
            say::text(text.trim_end());
            say::line("");
            Ok(())
        }
    }
}

/// A model that is valid, or all that is wrong with it.
pub(super) fn valid(model: &Model) -> Result<CheckedModel, Failure> {
    compile(model).map_err(|findings| {
        let text = |finding: &Finding| match finding.is_error() {
            true => finding.to_string(),
            false => format!("warning: {finding}"),
        };
        Failure::config(findings.iter().map(text).collect::<Vec<_>>().join("\n"))
    })
}
