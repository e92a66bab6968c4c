use counterfoil_oauth::model::{Change, IssuerId};

use crate::row::mode_code;
use crate::sql;
use crate::value::{Step, Value};

/// A log row for each change, and its watermark where it bears one.
pub(super) fn push(steps: &mut Vec<Step>, iss: IssuerId, changes: &[Change]) {
    for (place, change) in (1i64..).zip(changes) {
        let kind = Value::Int(change.target.kind().code());
        let target = Value::Blob(change.target.bytes());
        let mode = Value::Int(mode_code(change.mode));
        let reason = Value::text(change.reason.as_str());
        let expires_at = Value::int(change.expires_at.map(|at| at.as_secs()));
        let iss = Value::Int(iss.get());
        if change.expires_at.is_some() {
            steps.push(Step::plain(
                sql::PUT_WATERMARK,
                vec![
                    iss.clone(),
                    kind.clone(),
                    target.clone(),
                    mode.clone(),
                    Value::ahead(place),
                    reason.clone(),
                    expires_at.clone(),
                ],
            ));
        }
        steps.push(Step::plain(
            sql::INSERT_CHANGE,
            vec![iss, Value::ahead(place), kind, target, mode, reason, expires_at, Value::Now(0)],
        ));
    }
}
