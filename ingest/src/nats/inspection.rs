//! Whether what Leitstand needs on the server stays as it must be while rows come.

use std::time::Duration;

use async_nats::jetstream::Context;
use tokio::sync::watch;

use super::{NatsFailure, Subjects, post, streams};

/// So often it is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Ten minutes of looks.
const SPARED: u32 = 120;

/// Looks at the streams of posted rows and dead letters, at their consumer, and whether a stream answers in our place.
/// The event stream is the [`Relay`](super::Relay)'s, which sends nothing to one that is not as it must be.
pub struct Inspection {
    context: Context,
    subjects: Subjects,
    replicas: usize,
    wrong: watch::Sender<Option<String>>,
    /// For so many looks the server is not asked who else takes our subjects: it never said, and told its operator.
    spared: u32,
    /// Whether it ever said.
    says: bool,
}

impl Inspection {
    /// Of this programme's streams. `replicas` is how many servers keep them.
    #[must_use]
    pub fn new(context: Context, programme: &str, replicas: usize) -> Self {
        Self {
            context,
            subjects: Subjects::new(programme),
            replicas,
            wrong: watch::channel(None).0,
            spared: 0,
            says: false,
        }
    }

    /// What is not as it must be just now, and what to do, in German.
    #[must_use]
    pub fn wrong(&self) -> watch::Receiver<Option<String>> {
        self.wrong.subscribe()
    }

    /// Makes what is not there, and looks whether all of it is as it must be; `false` if it is, but nobody knows who else
    /// takes rows and questions.
    ///
    /// # Errors
    /// The server failed, or something is not.
    pub async fn look(&mut self) -> Result<bool, NatsFailure> {
        let (context, subjects) = (&self.context, &self.subjects);
        streams::dead(context, subjects, self.replicas).await?;
        let feed = streams::feed(context, subjects, self.replicas).await?;
        streams::consumer(&feed, post::settings()).await?;
        if 0 < self.spared {
            self.spared -= 1;
            return Ok(false);
        }
        let said = streams::are_ours_to_answer(&context.client(), subjects).await;
        self.says |= matches!(said, Ok(true) | Err(NatsFailure::Captured { .. }));
        let is_sure = said?;
        if !is_sure && !self.says {
            self.spared = SPARED;
            tracing::warn!(
                "the server does not say whether a stream takes rows and questions (right to $JS.API.STREAM.NAMES); it is asked again in ten minutes"
            );
        }
        Ok(is_sure)
    }

    /// Looks again and again, for ever.
    pub async fn run(mut self) {
        let mut is_captured = false;
        loop {
            tokio::time::sleep(LOOK).await;
            let wrong = match self.look().await {
                Ok(false) if is_captured => continue,
                Ok(_) => None,
                // Nobody knows; who works there says that the server is gone.
                Err(failure @ (NatsFailure::Server { .. } | NatsFailure::Store(_))) => {
                    tracing::warn!(error = failure.chain(), "streams could not be looked at");
                    continue;
                }
                Err(failure) => Some(failure),
            };
            is_captured = matches!(wrong, Some(NatsFailure::Captured { .. }));
            let words = wrong.as_ref().map(NatsFailure::message_de);
            let is_new = self
                .wrong
                .send_if_modified(|it| std::mem::replace(it, words.clone()) != words);
            if let (true, Some(failure)) = (is_new, wrong) {
                tracing::error!(
                    error = failure.chain(),
                    "somebody changed what rows depend on"
                );
            }
        }
    }
}
