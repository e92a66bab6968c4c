//! Hands objects from the thread that finds them to the task that sends them: as many at once as
//! have come together, and none held back while the search for the next one goes on.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use futures_util::{Stream, stream};
use tokio::sync::Notify;

use crate::permissions::error::ApiError;

/// Objects that may wait to be taken: some milliseconds of search, and a chunk that is not large.
const WAITING_MAX: usize = 4_096;

/// Objects that are worth waking the other end for: it costs as much as to find some dozens.
const WORTHWHILE: usize = 512;

/// How long fewer objects than that may wait. It begins when the other end is free for them.
const PATIENCE: Duration = Duration::from_millis(1);

/// The two ends of a handover.
pub(crate) fn handover() -> (Giver, Taker) {
    let shared = Arc::new(Shared::default());
    let giver = Giver { shared: Arc::clone(&shared) };
    (giver, Taker { shared, is_patient: false })
}

/// Names of objects, one after the other in one text.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    text: String,
    ends: Vec<usize>,
}

impl Batch {
    fn push(&mut self, type_name: &str, id: &str) {
        for part in [type_name, ":", id] {
            self.text.push_str(part);
        }
        self.ends.push(self.text.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes of all names together.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The names, `type:id` each.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let name = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            name
        })
    }
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the taker.
    news: Notify,
    /// Wakes the giver.
    room: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Batch,
    /// How it ended, until that is taken too.
    end: Option<Result<(), ApiError>>,
    /// Whether the taker waits for whatever comes next, be it a single object.
    is_starved: bool,
    /// Whether the giver waits for room.
    is_full: bool,
    /// Whether the taker went away.
    is_gone: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, end: Result<(), ApiError>) {
        self.lock().end.get_or_insert(end);
        self.news.notify_one();
    }
}

/// The end of whoever finds objects. If it is dropped before its end was said, something broke, and
/// what was found is not all.
pub(crate) struct Giver {
    shared: Arc<Shared>,
}

impl Giver {
    /// Hands an object on; blocks while too many wait. Returns whether anybody is there for it.
    pub(crate) fn give(&self, type_name: &str, id: &str) -> bool {
        let mut state = self.shared.lock();
        while state.waiting.len() >= WAITING_MAX && !state.is_gone {
            state.is_full = true;
            state = self.shared.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_gone {
            return false;
        }
        state.waiting.push(type_name, id);
        let was_starved = std::mem::take(&mut state.is_starved);
        let is_news = was_starved || state.waiting.len() == WORTHWHILE;
        drop(state);
        if is_news {
            self.shared.news.notify_one();
        }
        if was_starved {
            // Where both share one core, the search would go on for some milliseconds otherwise.
            thread::yield_now();
        }
        true
    }

    /// Whether the taker went away.
    pub(crate) fn is_alone(&self) -> bool {
        self.shared.lock().is_gone
    }

    /// Says how it ended.
    pub(crate) fn end(self, end: Result<(), ApiError>) {
        self.shared.end(end);
    }
}

impl Drop for Giver {
    fn drop(&mut self) {
        self.shared.end(Err(ApiError::internal()));
    }
}

/// The end of whoever asked.
pub(crate) struct Taker {
    shared: Arc<Shared>,
    /// Whether there was something just now, so that more of it is likely to come at once.
    is_patient: bool,
}

impl Taker {
    /// All that waits, at least one; or at last the error that it ended with. None at the end.
    pub(crate) async fn take(&mut self) -> Option<Result<Batch, ApiError>> {
        loop {
            if let Some(taken) = self.look() {
                return taken;
            }
            let news = self.shared.news.notified();
            if std::mem::take(&mut self.is_patient) {
                // Late or not: what there is then is taken.
                let _late = tokio::time::timeout(PATIENCE, news).await;
            } else {
                news.await;
            }
        }
    }

    /// The same as a stream.
    pub(crate) fn batches(self) -> impl Stream<Item = Result<Batch, ApiError>> + Send + 'static {
        stream::unfold(self, |mut taker| async move {
            let taken = taker.take().await?;
            Some((taken, taker))
        })
    }

    fn look(&mut self) -> Option<Option<Result<Batch, ApiError>>> {
        let mut state = self.shared.lock();
        let enough = if self.is_patient && state.end.is_none() { WORTHWHILE } else { 1 };
        if state.waiting.len() >= enough {
            self.is_patient = true;
            let taken = std::mem::take(&mut state.waiting);
            if std::mem::take(&mut state.is_full) {
                self.shared.room.notify_one();
            }
            return Some(Some(Ok(taken)));
        }
        if let Some(end) = &mut state.end {
            return Some(std::mem::replace(end, Ok(())).err().map(Err));
        }
        state.is_starved = !self.is_patient;
        None
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        self.shared.lock().is_gone = true;
        self.shared.room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::{Batch, Giver, Taker, WAITING_MAX, handover};
    use crate::permissions::error::ApiError;

    async fn rest(mut taker: Taker) -> (Vec<String>, Option<ApiError>) {
        let mut all = Vec::new();
        while let Some(taken) = taker.take().await {
            match taken {
                Ok(batch) => all.extend(names(&batch)),
                Err(error) => return (all, Some(error)),
            }
        }
        (all, None)
    }

    fn names(batch: &Batch) -> Vec<String> {
        batch.names().map(str::to_owned).collect()
    }

    fn give(giver: &Giver, numbers: std::ops::Range<usize>) -> bool {
        numbers.into_iter().all(|number| giver.give("document", &number.to_string()))
    }

    fn expected(numbers: std::ops::Range<usize>) -> Vec<String> {
        numbers.map(|number| format!("document:{number}")).collect()
    }

    #[tokio::test]
    async fn everything_comes_once_and_in_order() {
        let count = WAITING_MAX * 5 + 3;
        let (giver, taker) = handover();
        let giving = thread::spawn(move || {
            assert!(give(&giver, 0..count));
            giver.end(Ok(()));
        });
        let (all, error) = rest(taker).await;
        giving.join().unwrap();
        assert_eq!(all, expected(0..count));
        assert!(error.is_none());
    }

    #[tokio::test]
    async fn a_single_object_is_not_held_back() {
        let (giver, mut taker) = handover();
        for number in 0..3 {
            assert!(give(&giver, number..number + 1));
            let batch = taker.take().await.unwrap().unwrap();
            assert_eq!(names(&batch), expected(number..number + 1));
        }
        giver.end(Ok(()));
        assert!(taker.take().await.is_none());
        assert!(taker.take().await.is_none(), "an end stays one");
    }

    #[tokio::test]
    async fn whoever_goes_early_ends_the_search() {
        let (giver, mut taker) = handover();
        let giving = thread::spawn(move || {
            let was_heard = give(&giver, 0..WAITING_MAX * 3);
            (was_heard, giver.is_alone())
        });
        assert!(taker.take().await.unwrap().is_ok());
        drop(taker);
        assert_eq!(giving.join().unwrap(), (false, true));
    }

    #[tokio::test]
    async fn an_error_comes_last() {
        let (giver, taker) = handover();
        assert!(give(&giver, 0..2));
        giver.end(Err(ApiError::too_complex()));
        let (all, error) = rest(taker).await;
        assert_eq!(all, expected(0..2));
        assert_eq!(error.unwrap().code, ApiError::too_complex().code);
    }

    #[tokio::test]
    async fn a_search_that_breaks_off_is_no_end() {
        let (giver, taker) = handover();
        assert!(give(&giver, 0..2));
        drop(giver);
        let (all, error) = rest(taker).await;
        assert_eq!(all, expected(0..2));
        assert_eq!(error.unwrap().code, ApiError::internal().code);
    }
}
