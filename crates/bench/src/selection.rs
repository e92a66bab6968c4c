//! Which rows are measured.

use clap::{Args, ValueEnum};

use crate::{
    failure::Failure,
    rows::{self, ROWS, Row},
    zanzibar,
};

/// The rows to measure; all of them if nothing is said.
#[derive(Args, Debug)]
pub(crate) struct Selection {
    /// Only these rows, by id.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Only this part of the table.
    #[arg(long, conflicts_with = "rows")]
    only: Option<Only>,
}

/// A part of the table.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Only {
    /// Tokens, guards and the servers' own limits.
    Tokens,
    /// The permission engine.
    Permissions,
}

impl Selection {
    pub(crate) fn select(&self) -> Result<Vec<&'static Row>, Failure> {
        match self.only {
            None => Self::by_id(&self.rows),
            Some(Only::Tokens) => Ok(ROWS.iter().collect()),
            Some(Only::Permissions) => Ok(zanzibar::ROWS.iter().collect()),
        }
    }

    fn by_id(ids: &[String]) -> Result<Vec<&'static Row>, Failure> {
        for id in ids {
            if !rows::all().any(|row| row.id == id) {
                let known: Vec<_> = rows::all().map(|row| row.id).collect();
                return Err(Failure::new(format!(
                    "there is no row `{id}`; there are: {}",
                    known.join(", ")
                )));
            }
        }
        Ok(rows::all().filter(|row| ids.is_empty() || ids.iter().any(|id| id == row.id)).collect())
    }
}
