//! The macros over lists and maps.

use super::budget;
use super::evaluate::{Evaluated, Evaluation, Stop, no_overload};
use super::program::{Fold, Node};
use super::syntax::FoldKind;
use super::value::{List, Value};

/// What a round of `all` costs beside its body: its accumulator is asked for and tested.
const ROUND: u64 = 2 * budget::NAME + budget::CALL;
/// What it costs to put an item into an accumulator, once it is a list.
const ITEM: u64 = budget::NAME + budget::CALL;

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
                    self.budget.work(1)?;
                    if self.truth_of(fold, item)? {
                        self.budget.spend(budget::NAME + budget::CALL)?;
                        found += 1;
                    }
                }
                self.budget.spend(budget::NAME + budget::CALL)?;
                Ok(Value::Bool(found == 1))
            }
            FoldKind::Filter => {
                let mut kept = Vec::new();
                for item in items.iter() {
                    self.budget.work(1)?;
                    if self.truth_of(fold, item.clone())? {
                        self.budget.spend(budget::LIST + budget::NAME + ITEM)?;
                        kept.push(item);
                    }
                }
                self.budget.spend(budget::NAME)?;
                Ok(Value::List(List::Made(kept.into())))
            }
            FoldKind::Map => self.mapped(fold, &items),
        }
    }

    /// `all` and `exists`: one item may decide, whatever is wrong with the others.
    fn until(&mut self, fold: &'a Fold, items: &List<'a>, deciding: bool) -> Evaluated<'a> {
        let mut stopped = None;
        // `exists` negates its accumulator before it tests it.
        let round = if deciding { ROUND + budget::CALL } else { ROUND };
        self.budget.spend(budget::NAME)?;
        for item in items.iter() {
            self.budget.work(1)?;
            self.budget.spend(round)?;
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
        let literal = if matches!(fold.body, Node::Constant(_)) { 0 } else { budget::LIST };
        self.budget.spend(budget::NAME)?;
        for item in items.iter() {
            self.budget.work(1)?;
            self.variables.push(item);
            let wanted = fold.filter.as_ref().map_or(Ok(true), |filter| self.truth(filter));
            let value = match wanted {
                Ok(true) => self.node(&fold.body).map(Some),
                Ok(false) => Ok(None),
                Err(stop) => Err(stop),
            };
            self.variables.pop();
            if let Some(value) = value? {
                self.budget.spend(literal + ITEM)?;
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
}
