//! Listens to what the library logs on one thread.

use std::fmt::{Debug, Write};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event, Metadata, Subscriber, span};

/// What was logged: target, and the level with all fields. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Log(Arc<Mutex<Vec<(String, String)>>>);

impl Default for Log {
    fn default() -> Self {
        // As long as `tracing` knows of one subscriber alone, what a thread without any logs first is
        // logged for nobody from then on.
        static OTHERS: LazyLock<[Dispatch; 2]> =
            LazyLock::new(|| [(), ()].map(|()| Dispatch::new(NoSubscriber::default())));
        LazyLock::force(&OTHERS);
        Self(Arc::default())
    }
}

impl Log {
    pub(crate) fn of_target(&self, target: &str) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines.iter().filter(|(found, _)| found == target).map(|(_, line)| line.clone()).collect()
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push((event.metadata().target().to_owned(), line.0));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}
