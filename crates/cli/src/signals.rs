//! Signals to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT and SIGTERM, heeded from now on: one that comes before [`Stop::wait`] is not lost.
pub(crate) struct Stop {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
}

impl Stop {
    /// Begins to heed the signals.
    pub(crate) fn listen() -> Self {
        // Where a handler can't be installed, the signal ends the process by itself.
        let heed = |kind| signal(kind).ok();
        Self { terminate: heed(SignalKind::terminate()), interrupt: heed(SignalKind::interrupt()) }
    }

    /// Resolves when the first one has come.
    pub(crate) async fn wait(mut self) {
        tokio::select! {
            () = came(&mut self.terminate) => {}
            () = came(&mut self.interrupt) => {}
        }
    }
}

async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            let _came = signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Resolves at SIGINT or SIGTERM.
pub(crate) async fn stop() {
    Stop::listen().wait().await;
}
