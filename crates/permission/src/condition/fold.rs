//! The macros over lists and maps.

use super::budget;
use super::evaluate::{Evaluated, Evaluation, Stop, no_overload};
use super::program::Fold;
use super::syntax::FoldKind;
use super::value::{List, Value};

/// What a round of a macro costs beside its body: its accumulator is asked for and tested.
const ROUND: u64 = 3;
/// What it costs to put an item into the list that a macro makes.
const ITEM: u64 = budget::LIST + budget::NAME + budget::CALL;

impl<'a> Evaluation<'a, '_> {
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Evaluated<'a> {
        let items = match self.node(&fold.range)? {
            Value::List(list) => list,
            Value::Map(map) => {
                self.budget.work(map.len())?;
                List::Made(map.keys().into())
            }
            _ => return Err(no_overload()),
        };
        match fold.kind {
            FoldKind::All => self.until(fold, &items, false),
            FoldKind::Exists => self.until(fold, &items, true),
            FoldKind::ExistsOne => {
                let mut found = 0_usize;
                for item in items.iter() {
                    self.round(budget::CALL)?;
                    if self.truth_of(fold, item)? {
                        found += 1;
                    }
                }
                Ok(Value::Bool(found == 1))
            }
            FoldKind::Filter => {
                let mut kept = Vec::new();
                for item in items.iter() {
                    self.round(budget::CALL)?;
                    if self.truth_of(fold, item.clone())? {
                        self.budget.spend(ITEM)?;
                        kept.push(item);
                    }
                }
                Ok(Value::List(List::Made(kept.into())))
            }
            FoldKind::Map => self.mapped(fold, &items),
        }
    }

    /// `all` and `exists`: one item may decide, whatever is wrong with the others.
    fn until(&mut self, fold: &'a Fold, items: &List<'a>, deciding: bool) -> Evaluated<'a> {
        let mut stopped = None;
        for item in items.iter() {
            self.round(ROUND)?;
            match self.truth_of(fold, item) {
                Ok(truth) if truth == deciding => return Ok(Value::Bool(deciding)),
                Ok(_) => {}
                Err(Stop::Exceeded) => return Err(Stop::Exceeded),
                Err(stop) => stopped = Some(Stop::both(stopped, stop)),
            }
        }
        stopped.map_or(Ok(Value::Bool(!deciding)), Err)
    }

    fn mapped(&mut self, fold: &'a Fold, items: &List<'a>) -> Evaluated<'a> {
        let mut made = Vec::new();
        for item in items.iter() {
            self.round(0)?;
            self.variables.push(item);
            let wanted = fold.filter.as_ref().map_or(Ok(true), |filter| self.truth(filter));
            let value = match wanted {
                Ok(true) => self.node(&fold.body).map(Some),
                Ok(false) => Ok(None),
                Err(stop) => Err(stop),
            };
            self.variables.pop();
            if let Some(value) = value? {
                self.budget.spend(ITEM)?;
                made.push(value);
            }
        }
        Ok(Value::List(List::Made(made.into())))
    }

    fn truth_of(&mut self, fold: &'a Fold, item: Value<'a>) -> Result<bool, Stop> {
        self.variables.push(item);
        let truth = self.truth(&fold.body);
        self.variables.pop();
        truth
    }

    fn round(&mut self, cost: u64) -> Result<(), Stop> {
        self.budget.work(1)?;
        self.budget.spend(cost)
    }
}
