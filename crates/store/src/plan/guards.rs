use std::borrow::Cow;

use counterfoil_oauth::model::{Fact, Guard, IssuerId};

use crate::value::{Expect, Step, Value};
use crate::{ConflictAt, sql};

/// Guards that share one statement. Few enough that their shapes stay few and stay prepared.
const GUARDS_PER_STATEMENT: usize = 8;

/// All guards as few statements: each a row of truths, so that the false one names itself.
pub(super) fn push(steps: &mut Vec<Step>, iss: IssuerId, guards: &[Guard]) {
    for (chunk, guards) in guards.chunks(GUARDS_PER_STATEMENT).enumerate() {
        let mut text = String::with_capacity(128 * guards.len());
        let mut params = Vec::with_capacity(1 + 2 * guards.len());
        params.push(Value::Int(iss.get()));
        for guard in guards {
            text.push_str(if text.is_empty() { "SELECT " } else { ", " });
            let (fragment, values) = fragment(guard);
            push_numbered(&mut text, fragment, params.len());
            params.extend(values);
        }
        steps.push(Step {
            sql: Cow::Owned(text),
            params,
            expect: Expect::AllTrue,
            at: Some(ConflictAt::Guard(chunk * GUARDS_PER_STATEMENT)),
        });
    }
}

fn fragment(guard: &Guard) -> (&'static str, Vec<Value>) {
    let int = Value::Int;
    match guard {
        Guard::Unchanged(Fact::User(id), seen) => {
            (sql::GUARD_USER_UNCHANGED, vec![int(id.get()), Value::revision(*seen)])
        }
        Guard::Unchanged(Fact::Client(id), seen) => {
            (sql::GUARD_CLIENT_UNCHANGED, vec![int(id.get()), Value::revision(*seen)])
        }
        Guard::Unchanged(Fact::Api(id), seen) => {
            (sql::GUARD_API_UNCHANGED, vec![int(id.get()), Value::revision(*seen)])
        }
        Guard::UserActive(id) => (sql::GUARD_USER_ACTIVE, vec![int(id.get())]),
        Guard::ClientExists(id) => (sql::GUARD_CLIENT_EXISTS, vec![int(id.get())]),
        Guard::ApiExists(id) => (sql::GUARD_API_EXISTS, vec![int(id.get())]),
        Guard::SessionLive { session, user, now } => {
            (sql::GUARD_SESSION_LIVE, vec![int(session.get()), int(user.get()), int(now.as_secs())])
        }
        Guard::GrantLive(id) => (sql::GUARD_GRANT_LIVE, vec![int(id.get())]),
    }
}

/// Appends a fragment, its `{a}`, `{b}`, `{c}` as the placeholders after the first `taken` ones.
fn push_numbered(text: &mut String, fragment: &str, taken: usize) {
    let mut parts = fragment.split('{');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let mut rest = part.chars();
        let offset = match rest.next() {
            Some('a') => 1,
            Some('b') => 2,
            _ => 3,
        };
        text.push('$');
        text.push_str(&(taken + offset).to_string());
        text.push_str(rest.as_str().trim_start_matches('}'));
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_jose::UnixTime;
    use counterfoil_oauth::model::{Revision, SessionId, UserId};

    use super::*;

    #[test]
    fn guards_of_a_batch_share_one_statement() {
        let mut steps = Vec::new();
        let guards = [
            Guard::Unchanged(Fact::User(UserId::new(7)), Revision::new(3)),
            Guard::SessionLive {
                session: SessionId::new(8),
                user: UserId::new(7),
                now: UnixTime::from_secs(9),
            },
        ];
        push(&mut steps, IssuerId::new(1), &guards);
        assert_eq!(steps.len(), 1);
        insta::assert_snapshot!(steps[0].sql, @"SELECT EXISTS (SELECT 1 FROM users WHERE iss = $1 AND id = $2 AND version <= $3), EXISTS (SELECT 1 FROM sessions WHERE iss = $1 AND id = $4 AND user_id = $5 AND ended_at IS NULL AND expires_at > $6)");
        assert_eq!(steps[0].params.len(), 6);
    }
}
