//! What a part does not name.

use super::files::Source;

/// Words that must not stand in the production code of some crates, and why.
struct Absence {
    crates: &'static [&'static str],
    words: &'static [&'static str],
    /// Files that are the one exception.
    except: &'static [&'static str],
    why: &'static str,
}

const ABSENCES: [Absence; 6] = [
    Absence {
        crates: &["jose", "oauth", "permission", "feed", "verifier"],
        words: &["tokio::", "axum::", "hyper::", "rusqlite", "tokio_postgres", "reqwest"],
        except: &[],
        why: "pure crates do no IO",
    },
    Absence {
        crates: &["jose", "oauth", "permission", "feed", "verifier"],
        words: &["SystemTime", "Instant::now", "std::env", "thread_rng", "OsRng", "std::fs"],
        except: &[],
        why: "the moment, the environment and randomness are arguments",
    },
    Absence {
        crates: &["guard", "verifier"],
        words: &["counterfoil_store", "counterfoil_server"],
        except: &[],
        why: "a resource server runs without our database",
    },
    Absence {
        crates: &["jose", "oauth", "permission", "feed", "verifier", "guard", "server", "cli"],
        words: &["rusqlite", "tokio_postgres", "deadpool_postgres"],
        except: &[],
        why: "only `store` names a database engine",
    },
    Absence {
        crates: &["store"],
        words: &["rusqlite::", "tokio_postgres::", "deadpool_postgres::"],
        except: &["src/driver", "src/migrate"],
        why: "in `store` only the drivers and the migrations name an engine",
    },
    Absence {
        crates: &["jose", "oauth", "permission", "feed", "verifier", "store", "cli"],
        words: &["axum::extract", "axum::Router", "axum::response"],
        except: &["demo_api", "src/login"],
        why: "only `server` and `guard` name HTTP framework types",
    },
];

/// Types that hold a secret: no `Display`, no `Serialize`, no `==`.
const SECRETS: [&str; 6] =
    ["Secret32", "SecretBytes", "SecretString", "PasswordHash", "Digest", "SealedSecret"];

pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| source.is_production) {
        let path = source.path.to_string_lossy().into_owned();
        for absence in ABSENCES.iter().filter(|a| a.crates.contains(&source.krate.as_str())) {
            if absence.except.iter().any(|except| path.contains(except)) {
                continue;
            }
            for (number, line) in code_lines(&source.production) {
                for word in absence.words.iter().filter(|word| line.contains(**word)) {
                    broken.push(format!("{path}:{number}: `{word}`: {}", absence.why));
                }
            }
        }
        broken.extend(secrets(source, &path));
    }
    broken
}

fn secrets(source: &Source, path: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for secret in SECRETS {
        for bad in ["Display for", "Serialize for", "PartialEq for"] {
            if source.production.contains(&format!("{bad} {secret} ")) {
                broken.push(format!("{path}: `{secret}` must not implement {bad}"));
            }
        }
        let declaration = format!("pub struct {secret}(");
        let mut above = "";
        for line in source.production.lines() {
            if line.trim_start().starts_with(&declaration)
                && (above.contains("Serialize") || above.contains("PartialEq"))
            {
                broken.push(format!("{path}: `{secret}` derives what a secret must not have"));
            }
            above = line;
        }
    }
    broken
}

/// Lines of code with their numbers, comments apart.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}
