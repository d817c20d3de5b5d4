//! Events in a stream of a NATS server, or of a cluster of them: for whoever outgrows one machine.
//!
//! An append is one message on a subject of its stream; the position of an event is the sequence of the
//! message and the place in it, the revision is the sequence. Any number of processes may write
//! (ADR 0023).
//!
//! What is acknowledged is on as many disks as the server says, which is what `sync_interval: always`
//! and replicas are for: see `docs/jetstream.md`.

mod append;
mod error;
mod keys;
mod message;
mod names;
mod server;
mod settings;
mod shared;
mod sync;
mod trial;
mod watch;
mod writer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use async_nats::Client;
use futures_util::{StreamExt as _, stream};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use uuid::Uuid;

pub(crate) use self::watch::Doubt;
use self::{
    append::{Answer, Waiting},
    names::{LONGEST, Names},
    server::Server,
    shared::Shared,
    watch::Watch,
    writer::Writer,
};
pub use self::{
    error::JetStreamError,
    keys::JetStreamKeys,
    names::{log_streams, short_token, token},
    settings::{JetStreamOptions, NO_LEADER},
    sync::{keepers, synced},
    trial::{NO_REQUEST, try_log, try_subjects},
    watch::LostLog,
};
use crate::{
    Append, AppendError, Counters, EventStore, Expected, NewEvent, Position, Recorded, Revision,
    StoreError, link::Newest,
};

/// How many events an append has; whoever sees only headers knows by it where the log ends.
const EVENTS: &str = "Leitstand-Events";
/// So many callers may wait; more wait for room.
const QUEUE: usize = 1_024;
/// So many streams are looked up at once.
const LOOKUPS: usize = 64;
/// With so many waiting, appends are stored together. One server needs as long for a group as for some ten appends, of
/// which each waits for its own sync; several servers agree on a group about as fast as on an append.
const GROUP_ALONE: usize = 8;
const GROUP: usize = 4;
/// So often whoever waits looks for himself: a word from the server may be lost with a connection.
const POLL: Duration = Duration::from_millis(500);

/// Keeps events on a NATS server. When it is dropped, what waits is still appended.
#[derive(Debug)]
pub struct JetStream {
    server: Server,
    shared: Arc<Shared>,
    queue: mpsc::Sender<Vec<Waiting>>,
    /// The newest position a page ended with that was the last of its message.
    seam: AtomicU64,
    watch: Arc<Watch>,
    /// What goes on beside, for as long as this is kept.
    beside: [JoinHandle<()>; 2],
    replicas: u64,
}

impl JetStream {
    /// Opens the log of a programme, or begins one.
    ///
    /// # Errors
    /// It is not there, is kept in a way that could lose events, is another programme's, or the server
    /// does not answer.
    pub async fn open(client: Client, options: &JetStreamOptions) -> Result<Self, JetStreamError> {
        Self::open_with(client, options, true).await
    }

    /// Opens a log; without expectations appends count whatever is there, which no test may miss.
    ///
    /// # Errors
    /// As [`JetStream::open`].
    #[doc(hidden)]
    pub async fn open_with(
        client: Client,
        options: &JetStreamOptions,
        has_expectations: bool,
    ) -> Result<Self, JetStreamError> {
        let names = Names::of(&options.programme);
        let server = Server::of(client.clone(), &names.log).await?;
        let wanted = settings::log(&names, options, &client.server_info().version);
        // Before anything is read of it.
        let connection = shared::connection(&client);
        let opened = settings::open(&server, &wanted, options).await?;
        let found = opened.config;
        let replicas = found["num_replicas"].as_u64().unwrap_or(1);
        let group = match replicas {
            _ if found["allow_atomic"] != true => None,
            1 => Some(GROUP_ALONE),
            _ => Some(GROUP),
        };
        let grown = client.subscribe(names.grown()).await;
        let mut grown = grown.map_err(StoreError::while_doing("listening to the server"))?;
        let shared = Arc::new(Shared::new(names, client, connection, opened.reaches));
        let (queue, waiting) = mpsc::channel(QUEUE);
        let watch = Watch::of(server.clone(), Arc::clone(&shared), opened.created, wanted);
        let watch = Arc::new(watch);
        let mut writer = Writer::new(
            server.clone(),
            Arc::clone(&shared),
            waiting,
            Arc::clone(&watch),
        );
        writer.group = group;
        writer.has_expectations = has_expectations;
        tokio::spawn(writer.run());
        let told = Arc::clone(&shared);
        let listening = tokio::spawn(async move {
            while let Some(message) = grown.next().await {
                let number = |name| server::number(message.headers.as_ref(), name);
                let (at, events) = (number("Nats-Sequence"), number(EVENTS));
                told.grown(at.zip(events).and_then(|(at, it)| message::end(at, it)));
            }
        });
        Ok(Self {
            server,
            shared,
            queue,
            seam: AtomicU64::default(),
            beside: [listening, tokio::spawn(Arc::clone(&watch).run())],
            watch,
            replicas,
        })
    }

    /// On how many servers each event is kept.
    #[must_use]
    pub fn replicas(&self) -> u64 {
        self.replicas
    }

    /// The version of the server it is connected to.
    #[must_use]
    pub fn server_version(&self) -> String {
        self.server.client.server_info().version
    }

    /// What it has written since it was opened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.tally.counters()
    }

    /// Whether a server is there just now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.server.is_connected()
    }

    /// Whether the server did not take what was appended last, within the last minutes: as when it is full.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.shared.fails()
    }

    /// Whether nobody has said for some seconds how the log on the server is: nothing is taken or read meanwhile.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.watch.is_silent()
    }

    /// Whether the log on the server is still the one this process knows, as it was seen last.
    ///
    /// # Errors
    /// It is not ([`LostLog`] is the cause), or may not be.
    pub fn is_same(&self) -> Result<(), StoreError> {
        self.watch.said()
    }

    /// The newest event, from the leader.
    ///
    /// # Errors
    /// The server does not answer, or the event cannot be read.
    pub async fn newest(&self) -> Result<Option<Recorded>, StoreError> {
        let newest = || self.server.newest(self.shared.reaches());
        let Some(last) = self.watch.surely(newest).await? else {
            return Ok(None);
        };
        let mut events = self.shared.decode(&last)?;
        self.shared.learn(&events);
        Ok(events.pop())
    }

    /// Hands appends to the writer; the answers come in their order. If they are made in order, none is made after one
    /// that fails.
    async fn hand_over(&self, appends: Vec<Append>, is_in_order: bool) -> Vec<Answer> {
        if let Err(error) = self.watch.sure().await {
            let cause = Arc::new(error);
            let failed = |_| Err(StoreError::new("appending", Arc::clone(&cause)).into());
            return appends.iter().map(failed).collect();
        }
        let prepared: Vec<_> = stream::iter(appends)
            .map(|it| self.prepare(it))
            .buffered(LOOKUPS)
            .collect()
            .await;
        let (mut waiting, mut answers) = (Vec::new(), Vec::with_capacity(prepared.len()));
        let has_failed = is_in_order.then(Arc::<AtomicBool>::default);
        for it in prepared {
            match it {
                Ok((mut ready, answered)) => {
                    ready.has_failed.clone_from(&has_failed);
                    waiting.push(ready);
                    answers.push(Ok(answered));
                }
                Err(at_once) => {
                    let fails = at_once.is_err();
                    answers.push(Err(at_once));
                    if is_in_order && fails {
                        break;
                    }
                }
            }
        }
        let gone = || StoreError::new("asking the writer", "the writing task has ended").into();
        // Who cannot be asked any more drops what was handed over, and the answers tell.
        let _told = if waiting.is_empty() {
            Ok(())
        } else {
            self.queue.send(waiting).await
        };
        let mut all = Vec::with_capacity(answers.len());
        for answer in answers {
            let answer = match answer {
                Ok(answered) => answered.await.unwrap_or_else(|_| Err(gone())),
                Err(at_once) => at_once,
            };
            if let Err(AppendError::Conflict { .. } | AppendError::ClockAhead { .. }) = &answer {
                self.shared.tally.refused(1);
            }
            all.push(answer);
        }
        all
    }

    /// Looks up what an append rests on; `Err` is an answer that needs no writer.
    async fn prepare(
        &self,
        append: Append,
    ) -> Result<(Waiting, oneshot::Receiver<Answer>), Answer> {
        let Append {
            stream,
            expected,
            events,
        } = append;
        if events.is_empty() {
            return Err(Ok(vec![]));
        }
        let subject = self.shared.names.subject(&stream);
        if LONGEST < subject.len() {
            return Err(Err(AppendError::TooLarge {
                stream: stream.to_string(),
                events: events.len(),
                bytes: subject.len(),
                limit: "1,000 bytes in the name of a stream",
            }));
        }
        let newest = match expected {
            Expected::Empty => None,
            Expected::At(revision) => match self.newest_at(&stream, &subject, revision).await {
                Ok(Some(newest)) => Some(newest),
                Ok(None) => {
                    let stream = stream.to_string();
                    return Err(Err(AppendError::Conflict { stream }));
                }
                Err(error) => return Err(Err(error.into())),
            },
        };
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            stream,
            subject,
            expected,
            newest,
            events,
            answer,
            id: Uuid::new_v4(),
            since: Instant::now(),
            is_doubtful: false,
            has_failed: None,
        };
        Ok((waiting, answered))
    }

    /// The last event of the message with this revision, if it is one of the stream.
    async fn newest_at(
        &self,
        stream: &str,
        subject: &str,
        Revision(revision): Revision,
    ) -> Result<Option<Newest>, StoreError> {
        if let Some(known) = self.shared.known(stream)
            && known.revision == revision
        {
            return Ok(Some(known.newest));
        }
        let Some(message) = self.server.at(revision).await? else {
            return Ok(None);
        };
        if message.subject != subject {
            return Ok(None);
        }
        let events = self.shared.decode(&message)?;
        Ok(events.last().map(|it| Newest {
            number: it.number,
            hash: it.hash,
        }))
    }

    /// The events of a stream that has a subject.
    async fn all_of(&self, stream: &str, subject: &str) -> Result<Vec<Recorded>, StoreError> {
        let Some(last) = self.server.last(subject).await? else {
            return Ok(vec![]);
        };
        let newest = self.shared.decode(&last)?;
        let before = newest.first().map_or(0, |it| it.number);
        let mut events = Vec::new();
        // Most streams are one append; of the others any replica may tell the beginning.
        if 0 < before {
            for message in self.server.from(subject, 0, usize::MAX).await? {
                if last.sequence <= message.sequence {
                    break;
                }
                events.extend(self.shared.decode(&message)?);
            }
        }
        if events.len() as u64 != before {
            return Err(StoreError::unreadable(
                message::position(last.sequence, 0),
                format!(
                    "{before} events should be before it in stream `{stream}`, but {} are",
                    events.len()
                ),
            ));
        }
        events.extend(newest);
        Ok(events)
    }

    /// The events behind a position, of whole messages from a sequence on, until there are at least so many; and whether
    /// the log ends there.
    async fn from(
        &self,
        mut next: u64,
        after: Position,
        limit: usize,
    ) -> Result<(Vec<Recorded>, bool), StoreError> {
        let mut page = Vec::new();
        while page.len() < limit {
            // A message has at least one event; the first may be behind us.
            let count = limit.saturating_sub(page.len()).saturating_add(1);
            let count = count.min(MESSAGES);
            let messages = self.server.from(">", next, count).await?;
            let is_end = messages.len() < count;
            for it in messages {
                if it.sequence != next {
                    let lost = format!("message {next} is gone, {} is there", it.sequence);
                    return Err(StoreError::unreadable(message::position(next, 0), lost));
                }
                next += 1;
                let events = self.shared.decode(&it)?;
                page.extend(events.into_iter().filter(|it| after < it.position));
                if limit <= page.len() {
                    return Ok((page, is_end));
                }
            }
            if is_end {
                let reaches = self.shared.reaches();
                let newest = if next <= reaches {
                    // It may be that the newest cannot be read, or that another leader knew less just now.
                    self.server.newest(reaches).await?
                } else {
                    None
                };
                return Ok((page, newest.is_none_or(|it| it.sequence < next)));
            }
        }
        Ok((page, false))
    }
}

#[async_trait::async_trait]
impl EventStore for JetStream {
    async fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Recorded>, AppendError> {
        let one = Append {
            stream: stream.into(),
            expected,
            events,
        };
        let mut answers = self.hand_over(vec![one], false).await;
        answers.pop().unwrap_or_else(|| Ok(vec![]))
    }

    async fn append_many(&self, appends: Vec<Append>) -> Vec<Result<Vec<Recorded>, AppendError>> {
        self.hand_over(appends, false).await
    }

    async fn append_in_order(&self, appends: Vec<Append>) -> Result<Vec<Recorded>, AppendError> {
        let answers = self.hand_over(appends, true).await;
        let recorded: Result<Vec<_>, _> = answers.into_iter().collect();
        Ok(recorded?.concat())
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.watch.sure().await
    }

    async fn read(&self, stream: &str) -> Result<Vec<Recorded>, StoreError> {
        let subject = self.shared.names.subject(stream);
        if LONGEST < subject.len() {
            self.watch.sure().await?;
            return Ok(vec![]);
        }
        let all = || self.all_of(stream, &subject);
        let events = self.watch.surely(all).await?;
        self.shared.learn(&events);
        Ok(events)
    }

    async fn page(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let promised = *self.shared.end.borrow();
        let is_seam = after == promised || after.0 == self.seam.load(Relaxed);
        let first = (message::sequence(after) + u64::from(is_seam)).max(1);
        let several = || self.from(first, after, limit);
        let (mut page, is_end) = self.watch.surely(several).await?;
        for message in page.chunk_by(|one, next| one.revision == next.revision) {
            self.shared.learn(message);
        }
        let last = page.last().map(|it| it.position);
        let read = last.unwrap_or(after).max(after);
        if is_end && page.len() < limit && read < promised {
            self.shared.ends(promised, read);
        }
        if page.len() <= limit
            && let Some(last) = last
        {
            self.seam.store(last.0, Relaxed);
        }
        page.truncate(limit);
        Ok(page)
    }

    async fn moved(&self, position: Position) {
        let mut end = self.shared.end.subscribe();
        let _polled = tokio::time::timeout(POLL, end.wait_for(|end| position < *end)).await;
    }
}

/// So many messages are read at once.
const MESSAGES: usize = 1_000;

impl Drop for JetStream {
    fn drop(&mut self) {
        for it in &self.beside {
            it.abort();
        }
    }
}
