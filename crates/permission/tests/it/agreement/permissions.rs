//! Permissions are checks.

use counterfoil_permission::check::Decision;
use counterfoil_permission::list_permissions::ListPermissionsRequest;
use counterfoil_permission::tuple::{ObjectName, UserName};

use super::LIMITS;
use super::case::{Case, NOW};
use crate::build::Named;

pub(super) fn agree(case: &Case) {
    for object in ["group:1", "folder:0", "document:2"] {
        for user in &case.users {
            let (name, asked) =
                (ObjectName::parse(object).unwrap(), UserName::parse(user).unwrap());
            let request = ListPermissionsRequest::new(&name, &asked)
                .contextual(&case.contextual)
                .limits(LIMITS)
                .now(NOW);
            let got = case.snapshot.list_permissions(&request, &Named).unwrap();
            let of = object.split(':').next().unwrap();
            let lines = case.world.lines.iter().filter(|line| line.of == of);
            let mut names: Vec<&str> = lines.map(|line| line.name).collect();
            names.sort_unstable();
            assert_eq!(got.iter().map(|got| got.relation).collect::<Vec<_>>(), names);
            for permission in got {
                let question = format!("{object}#{}@{user}", permission.relation);
                let decision = match permission.decision {
                    Decision::Allow => Some(true),
                    Decision::Deny => Some(false),
                    _ => None,
                };
                let seed = case.seed;
                let expected = case.check(&question);
                assert_eq!(
                    decision,
                    expected,
                    "seed {seed}: permission {question}\n{}",
                    case.tell()
                );
            }
        }
    }
}
