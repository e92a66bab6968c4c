//! Checks in process: how long one takes, and what the plain probe and conditions make of it.

use std::{
    cell::RefCell,
    hash::{BuildHasher, BuildHasherDefault},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use counterfoil_permission::{
    check::{
        CheckRequest, Checker, Decision, HandleRequest, NoConditions, RelationHandle, Snapshot,
    },
    condition::Evaluator,
    graph::Graph,
    tuple::{Context, ObjectName, RelationName, Tuple, UserName},
};
use serde_json::json;

use super::{
    emit::{CURRENT_TIME, Ids, Variant},
    probe::Probe,
    questions::{self, Question},
    random::Scatter,
    world::World,
};
use crate::{clock::Since, failure::Failure, in_process::Turns, samples::Samples, say};

/// Contextual tuples of a question in the conditional variant: claims of a token, as it were.
const CONTEXTUAL: u32 = 5;

/// How often every question is timed in a run.
const PASSES: u32 = 5;

/// `counterfoil-bench zanzibar check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The size of the world.
    #[arg(long)]
    tuples: u32,
    /// How many questions.
    #[arg(long)]
    questions: usize,
    /// How often everything is measured.
    #[arg(long)]
    runs: u32,
    /// A smoke run.
    #[arg(long)]
    quick: bool,
    /// With ids of 36 bytes.
    #[arg(long)]
    uuids: bool,
}

pub(super) fn run(args: &CheckArgs) -> Result<(), Failure> {
    let started = Since::now();
    let world = World::new(args.tuples);
    let probe: Probe = Probe::new(&world);
    // For the raw file only: what the plain probe could gain by another hash.
    let scattered: Probe<BuildHasherDefault<Scatter>> = Probe::new(&world);
    let questions = questions::ask(&world, &probe, args.questions);
    say::note(&format!("world of {} tuples: {:.1} s", world.edges.len(), started.secs()));
    let right = questions::right(&questions);
    let digest = questions::digest(&right);
    let ids = if args.uuids { Ids::Uuid } else { Ids::Short };
    let plain = Engine::new(&world, &questions, (Variant::Plain, ids))?;
    let conditional = Engine::new(&world, &questions, (Variant::Conditional, ids))?;
    for (engine, way) in [(&plain, Way::Names), (&plain, Way::Handles), (&conditional, Way::Names)]
    {
        let decisions: Vec<bool> = (0..questions.len()).map(|at| engine.allows(at, way)).collect();
        agree(&format!("the engine, {:?}, {way:?}", engine.variant), &questions, &decisions)?;
    }
    let mut samples = Samples::default();
    for run in 0..args.runs {
        for way in [Way::Names, Way::Handles] {
            latencies((&plain, way), run, &digest, &mut samples);
        }
        let mut turns = Turns::new(run, args.quick, &mut samples);
        turns.rates(
            ("permission-check", plain.work(Way::Handles)),
            ("permission-probe", probing(&probe, &questions)),
        );
        let mut turns = Turns::new(run, args.quick, &mut samples);
        turns.rates(
            // For the raw file only too: names that lie far away, as no request's do.
            ("permission-check-cold-names", plain.work(Way::Names)),
            ("permission-probe-scattered", probing(&scattered, &questions)),
        );
        let mut turns = Turns::new(run, args.quick, &mut samples);
        turns.take(
            ("permission-conditional", conditional.work(Way::Names)),
            ("permission-plain", plain.work(Way::Names)),
        );
    }
    say::line(&serde_json::to_string(&samples)?);
    Ok(())
}

/// A wrong decision ends the bench: how fast it was made is of no interest.
pub(super) fn agree(
    who: &str,
    questions: &[Question],
    decisions: &[bool],
) -> Result<String, Failure> {
    let asked = questions.get(..decisions.len()).unwrap_or(questions);
    let right = questions::right(asked);
    let wrong = right.iter().zip(decisions).filter(|(right, said)| right != said).count();
    if wrong > 0 || right.len() != decisions.len() {
        return Err(Failure::new(format!("{who} decides {wrong} of {} wrong", right.len())));
    }
    Ok(questions::digest(decisions))
}

/// Puts one question after another to the probe.
fn probing<S: BuildHasher + Default>(
    probe: &Probe<S>,
    questions: &[Question],
) -> impl FnMut(usize) {
    |at: usize| {
        if let Some(question) = questions.get(at % questions.len()) {
            std::hint::black_box(probe.may_view(question.document, question.user));
        }
    }
}

/// Every question by itself, several times over; the quietest pass counts, since what others do on
/// the machine makes none faster.
#[expect(clippy::cast_precision_loss, reason = "a count of questions, far below 2^52")]
fn latencies((engine, way): (&Engine, Way), run: u32, digest: &str, samples: &mut Samples) {
    let passes = (0..PASSES).map(|_| pass(engine, way));
    let Some(nanos) = passes.min_by_key(|nanos| nanos.iter().sum::<u64>()) else { return };
    let mean = Duration::from_nanos(nanos.iter().sum()).as_secs_f64() / nanos.len().max(1) as f64;
    let at = |thousandths: usize| {
        let nanos = nanos.get(nanos.len() * thousandths / 1_000).copied().unwrap_or(0);
        f64::from(u32::try_from(nanos).unwrap_or(u32::MAX)) / 1e3
    };
    let detail = json!({
        "decisions": digest, "questions": nanos.len(), "clock_us": clock_micros(),
        "p50_us": at(500), "p90_us": at(900), "p99_us": at(990), "p999_us": at(999),
    });
    say::note(&format!("run {run}: check, {way:?} {detail}"));
    let name = way.name();
    samples.detailed(&format!("permission-{name}-p50"), run, at(500), detail);
    samples.add(&format!("permission-{name}-p99"), run, at(990));
    samples.add(&format!("permission-check-{name}"), run, 1.0 / mean);
}

/// What each question took, sorted: the clock costs some ten nanoseconds, which count. Names were
/// just read, as those of a request are.
fn pass(engine: &Engine, way: Way) -> Vec<u64> {
    let mut nanos: Vec<u64> = Vec::with_capacity(engine.asked.len());
    for (at, asked) in engine.asked.iter().enumerate() {
        let names = matches!(way, Way::Names).then(|| asked.clone());
        let since = Since::now();
        std::hint::black_box(match &names {
            Some(names) => engine.allows_by_names(names),
            None => engine.allows(at, way),
        });
        nanos.push(u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    nanos.sort_unstable();
    nanos
}

/// What reading the clock costs.
fn clock_micros() -> f64 {
    const READS: u32 = 10_000;
    let started = Since::now();
    for _ in 0..READS {
        std::hint::black_box(Since::now());
    }
    started.secs() * 1e6 / f64::from(READS)
}

/// The product's engine over a world, and what it is asked.
pub(super) struct Engine {
    variant: Variant,
    snapshot: Snapshot,
    view: RelationName,
    /// Kept from question to question, as a server does.
    checker: RefCell<Checker>,
    /// What every question brings for conditions.
    context: Context,
    asked: Vec<Asked>,
    /// The same in handles, where both objects have one.
    handles: Vec<Option<HandleRequest>>,
}

/// A question in the engine's words.
#[derive(Clone)]
struct Asked {
    document: ObjectName,
    user: UserName,
    contextual: Vec<Tuple>,
}

/// How a question names its objects.
#[derive(Clone, Copy, Debug)]
enum Way {
    Names,
    Handles,
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Handles => "handles",
        }
    }
}

impl Engine {
    fn new(
        world: &World,
        questions: &[Question],
        (variant, ids): (Variant, Ids),
    ) -> Result<Self, Failure> {
        let started = Since::now();
        let tuples: Result<Vec<Tuple>, Failure> =
            world.edges.iter().map(|edge| ids.tuple(edge, variant)).collect();
        let graph = Graph::new(&tuples?).map_err(|error| Failure::new(error.to_string()))?;
        let snapshot = Snapshot::new(Arc::new(variant.checked()?), Arc::new(graph));
        let named =
            |error: counterfoil_permission::tuple::NameError| Failure::new(error.to_string());
        let view = RelationName::parse("view").map_err(named)?;
        let asked: Result<Vec<Asked>, Failure> =
            questions.iter().map(|question| Asked::new(question, (variant, ids))).collect();
        say::note(&format!("graph, {variant:?}: {:.1} s", started.secs()));
        let asked = asked?;
        let relation = snapshot.resolve_relation("document", &view);
        let handles = asked.iter().map(|asked| handles(&snapshot, relation, asked)).collect();
        let mut context = Context::new();
        context.insert("current_time".to_owned(), CURRENT_TIME.into());
        let checker = RefCell::default();
        Ok(Self { variant, snapshot, view, checker, context, asked, handles })
    }

    fn allows(&self, at: usize, way: Way) -> bool {
        if let (Way::Handles, Some(Some(request))) = (way, self.handles.get(at)) {
            let mut checker = self.checker.borrow_mut();
            let decision = self.snapshot.check_handles(&mut checker, request, &NoConditions);
            return decision == Ok(Decision::Allow);
        }
        self.asked.get(at).is_some_and(|asked| self.allows_by_names(asked))
    }

    fn allows_by_names(&self, asked: &Asked) -> bool {
        let mut checker = self.checker.borrow_mut();
        let request = CheckRequest::new(&asked.document, &self.view, &asked.user)
            .contextual(&asked.contextual);
        let decision = match self.variant {
            Variant::Plain => self.snapshot.check_with(&mut checker, &request, &NoConditions),
            Variant::Conditional => {
                let conditions = Evaluator::new(self.snapshot.model(), &self.context);
                self.snapshot.check_with(&mut checker, &request, &conditions)
            }
        };
        decision == Ok(Decision::Allow)
    }

    /// One question after another.
    fn work(&self, way: Way) -> impl FnMut(usize) {
        move |at: usize| {
            std::hint::black_box(self.allows(at % self.asked.len(), way));
        }
    }
}

fn handles(
    snapshot: &Snapshot,
    relation: Option<RelationHandle>,
    asked: &Asked,
) -> Option<HandleRequest> {
    let UserName::Object(user) = &asked.user else { return None };
    let (document, user) = (snapshot.resolve(&asked.document)?, snapshot.resolve(user)?);
    Some(HandleRequest::new(document, relation?, user))
}

impl Asked {
    fn new(question: &Question, (variant, ids): (Variant, Ids)) -> Result<Self, Failure> {
        let named =
            |error: counterfoil_permission::tuple::NameError| Failure::new(error.to_string());
        let user = ids.user(question.user);
        let contextual = match variant {
            Variant::Plain => Vec::new(),
            // Groups that nothing was shared with: they have to be looked into all the same.
            Variant::Conditional => (0..CONTEXTUAL)
                .map(|number| Tuple::parse(&format!("group:claimed-{number}"), "member", &user))
                .collect::<Result<_, _>>()
                .map_err(named)?,
        };
        Ok(Self {
            document: ObjectName::parse(&ids.document(question.document)).map_err(named)?,
            user: UserName::parse(&user).map_err(named)?,
            contextual,
        })
    }
}
