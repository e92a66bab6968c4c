//! OpenFGA itself: the engine inside its `fga` program, which answers test files without a server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::sheet::{Answers, Said};

/// What the program says to one file: its answers, or why it refuses the file.
pub(crate) type Verdict = Result<Answers, String>;

/// How many files one process answers.
const BATCH: usize = 25;

/// How long it may take for them: in some worlds with cycles OpenFGA tries every path.
const PATIENCE_SECS: u32 = 60;

/// What `timeout` ends with when it ended the program.
const TIMED_OUT: i32 = 124;

/// Why there is no answer then.
pub(crate) const TOO_LONG: &str = "it takes too long";

/// Writes each model and test file into a directory of its own and has them answered, two processes
/// at a time.
pub(crate) fn ask(
    name: &str,
    files: &BTreeMap<String, (Value, Value)>,
) -> BTreeMap<String, Verdict> {
    let names: Vec<&String> = files.keys().collect();
    let batches: Vec<_> = names.chunks(BATCH).enumerate().collect();
    let (even, odd): (Vec<_>, Vec<_>) = batches.into_iter().partition(|(at, _)| at % 2 == 0);
    let half = |batches: Vec<(usize, &[&String])>| {
        let mut verdicts = BTreeMap::new();
        for (at, batch) in batches {
            let directory = scratch(&format!("{name}-{at}"));
            for file in batch {
                let (model, test) = &files[*file];
                fs::write(directory.join(format!("{file}.json")), model.to_string()).unwrap();
                fs::write(directory.join(format!("{file}.fga.yaml")), test.to_string()).unwrap();
            }
            answer(&directory, batch, &mut verdicts);
            fs::remove_dir_all(&directory).unwrap();
        }
        verdicts
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(odd));
        let mut verdicts = half(even);
        verdicts.extend(other.join().unwrap());
        verdicts
    })
}

fn scratch(name: &str) -> PathBuf {
    let directory = peers().join(format!("worlds/fga-{name}"));
    drop(fs::remove_dir_all(&directory));
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Keeps a file for whoever must find out what went wrong, and says where.
pub(crate) fn keep(name: &str, model: &Value, test: &Value) -> String {
    let directory = peers().join("worlds/kept");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(format!("{name}.fga.yaml"));
    fs::write(directory.join(format!("{name}.json")), model.to_string()).unwrap();
    fs::write(&path, test.to_string()).unwrap();
    path.display().to_string()
}

/// Where `cargo xtask needs` installs the program.
fn peers() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().parent().unwrap();
    root.join("target/peers")
}

fn program() -> PathBuf {
    let program = peers().join("python/bin/fga");
    assert!(program.exists(), "{} is missing; run `cargo xtask needs`", program.display());
    program
}

/// A file that is refused ends the process: those before it are answered, the rest is asked anew.
/// Where some file takes too long each is asked alone.
fn answer(directory: &Path, batch: &[&String], verdicts: &mut BTreeMap<String, Verdict>) {
    let mut left: BTreeSet<&String> = batch.iter().copied().collect();
    let mut alone = false;
    while let Some(first) = left.first() {
        let files = if alone { format!("{first}.fga.yaml") } else { "*.fga.yaml".to_owned() };
        let output = Command::new("timeout")
            .arg(PATIENCE_SECS.to_string())
            .arg(program())
            .args(["model", "test", "--verbose", "--suppress-summary", "--tests", &files])
            .current_dir(directory)
            .env("HOME", directory)
            .output()
            .unwrap();
        let mut done: BTreeMap<String, Verdict> = BTreeMap::new();
        if output.status.code() == Some(TIMED_OUT) {
            if alone {
                done.insert((*first).clone(), Err(TOO_LONG.to_owned()));
            }
            alone = true;
        } else {
            let (stdout, stderr) = (text(output.stdout), text(output.stderr));
            let mut results = serde_json::Deserializer::from_str(&stdout).into_iter::<Vec<Value>>();
            for result in results.next().map(Result::unwrap).unwrap_or_default() {
                done.insert(result["name"].as_str().unwrap().to_owned(), Ok(read(&result)));
            }
            done.extend(refused(&stderr).map(|(file, why)| (file, Err(why))));
            assert!(!done.is_empty(), "fga: {stderr}\n{stdout}");
        }
        for (file, verdict) in done {
            assert!(left.remove(&file), "{file} was answered twice");
            fs::remove_file(directory.join(format!("{file}.fga.yaml"))).unwrap();
            verdicts.insert(file, verdict);
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn refused(stderr: &str) -> Option<(String, String)> {
    let (_, rest) = stderr.split_once("error running tests for ")?;
    let (file, why) = rest.split_once(".fga.yaml due to ")?;
    Some((file.to_owned(), why.trim().to_owned()))
}

fn read(result: &Value) -> Answers {
    let each = |name: &str| result[name].as_array().cloned().unwrap_or_default();
    let names = |list: &Value| -> Option<BTreeSet<String>> {
        Some(list.as_array()?.iter().map(|name| name.as_str().unwrap().to_owned()).collect())
    };
    let checks = each("check_results").into_iter().map(|one| match one["got"].as_bool() {
        Some(true) => Said::Yes,
        Some(false) => Said::No,
        None => Said::Unsure,
    });
    // A list that failed has an error, and nothing or an empty list.
    let fine = |one: &Value| one["error"].is_null();
    let list = |one: &Value, got: &Value| {
        if fine(one) { Some(names(got).unwrap_or_default()) } else { None }
    };
    Answers {
        checks: checks.collect(),
        objects: each("list_objects_results").iter().map(|one| list(one, &one["got"])).collect(),
        users: each("list_users_results")
            .iter()
            .map(|one| list(one, &one["got"]["users"]))
            .collect(),
    }
}
