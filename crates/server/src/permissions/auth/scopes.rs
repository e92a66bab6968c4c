//! The scopes of the permission API: `permissions:read`, `permissions:write`, `permissions:admin`,
//! each for every store, or for one where its id follows: `permissions:read:01J…`.

/// What a request does. Each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Asks questions and reads what is stored.
    Read,
    /// Writes and imports tuples, writes assertions.
    Write,
    /// Makes, renames and deletes stores, writes models.
    Admin,
}

impl Need {
    /// The scope that allows it.
    pub(crate) const fn scope(self) -> &'static str {
        match self {
            Self::Read => "permissions:read",
            Self::Write => "permissions:write",
            Self::Admin => "permissions:admin",
        }
    }

    /// Each of them.
    pub(crate) const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];
}

/// What a caller may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Everything.
    All,
    /// This, with every store or with one.
    Some(Vec<(Need, Option<Box<str>>)>),
}

impl Rights {
    /// The rights that scopes give. What is no scope of this API gives none.
    pub(crate) fn of_scopes<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Some(scopes.into_iter().filter_map(right).collect())
    }

    pub(crate) fn allow(&self, need: Need, store: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Some(rights) => rights.iter().any(|(right, of)| {
                *right >= need && of.as_deref().is_none_or(|of| Some(of) == store)
            }),
        }
    }
}

fn right(scope: &str) -> Option<(Need, Option<Box<str>>)> {
    Need::ALL.into_iter().find_map(|need| {
        let rest = scope.strip_prefix(need.scope())?;
        match rest.strip_prefix(':') {
            Some(store) => Some((need, Some(store.into()))),
            None => rest.is_empty().then_some((need, None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_gives_what_it_names_and_what_is_less() {
        let check = |scopes: &str, expected: [bool; 6]| {
            let rights = Rights::of_scopes(scopes.split(' '));
            let of = |store| Need::ALL.map(|need| rights.allow(need, store));
            let ([a, b, c], [d, e, f]) = (of(Some("S1")), of(None));
            assert_eq!([a, b, c, d, e, f], expected, "{scopes}");
        };
        let (yes, no) = (true, false);
        check("", [no, no, no, no, no, no]);
        check("permissions permissions:readers openid", [no, no, no, no, no, no]);
        check("permissions:read", [yes, no, no, yes, no, no]);
        check("permissions:write", [yes, yes, no, yes, yes, no]);
        check("permissions:admin", [yes, yes, yes, yes, yes, yes]);
        check("permissions:read:S1", [yes, no, no, no, no, no]);
        check("permissions:admin:S2 permissions:write:S1", [yes, yes, no, no, no, no]);
        check("permissions:admin:", [no, no, no, no, no, no]);
        assert!(Rights::All.allow(Need::Admin, None));
    }
}
