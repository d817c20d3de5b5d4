//! Rows that are answered with their outcome (request and reply).
//!
//! Rows are decided on in the order in which they come, and while one batch is committed the next is
//! decided on. What waits is bounded in bytes: who sends more is told at once to wait for answers.
//!
//! What is not here: an acknowledgement before the row is durable, an order between several senders.

use std::{collections::VecDeque, sync::Arc};

use async_nats::{Client, Message, Subject, Subscriber, jetstream::Context};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{
    NatsFailure, Subjects,
    letter::{LETTERS, Letter, answer, broke, busy, no_answer},
    subject::takes_replies,
};
use crate::{
    Desk, Failure, Outcome,
    desk::{Asked, Recording},
};

/// So many rows are decided on together at most.
pub(super) const BATCH: usize = 256;
/// So many bytes of rows may wait.
const WAITING: u32 = 64 << 20;
/// What a waiting row takes beside its bytes.
const ROW: usize = 1 << 10;
/// Who shares the work: several processes on one log.
const QUEUE: &str = "leitstand";

/// Takes rows and answers them.
#[derive(Clone)]
pub struct Intake {
    desk: Arc<Desk>,
    context: Context,
    subjects: Subjects,
}

/// A row on its way.
struct Waiting {
    letter: Letter,
    reply: Option<Subject>,
    _room: OwnedSemaphorePermit,
}

/// A row that was handed to the desk.
struct Asking {
    waiting: Waiting,
    table: String,
    /// Whether it could be read at all.
    is_row: bool,
}

/// Rows that were read and not handed to the desk.
#[derive(Default)]
struct Gathered {
    asked: Vec<Asking>,
    rows: Vec<Asked>,
}

/// What is to be done next.
enum Next {
    /// Decide on what was gathered.
    Decide,
    /// Answer what was committed.
    Answer,
    /// Nothing is under way and nothing comes any more.
    End,
}

impl Intake {
    /// An intake for this desk's programme.
    #[must_use]
    pub fn new(desk: Arc<Desk>, context: Context) -> Self {
        let subjects = Subjects::new(desk.programme());
        Self {
            desk,
            context,
            subjects,
        }
    }

    /// Listens for rows. When this returns the server knows of it: whoever sends one now is heard.
    ///
    /// # Errors
    /// Nobody can listen: the connection is closed.
    pub async fn listen(&self) -> Result<Subscriber, NatsFailure> {
        let client = self.context.client();
        let doing = NatsFailure::while_doing("listening for rows");
        let rows = client.queue_subscribe(self.subjects.feed(), QUEUE.to_owned());
        let rows = rows.await.map_err(doing)?;
        let doing = NatsFailure::while_doing("listening for rows");
        client.flush().await.map_err(doing)?;
        Ok(rows)
    }

    /// Takes rows until `end`, then answers those that came before and returns.
    ///
    /// # Errors
    /// The connection is closed.
    pub async fn run(
        self,
        mut rows: Subscriber,
        end: oneshot::Receiver<()>,
    ) -> Result<(), NatsFailure> {
        let client = self.context.client();
        let broken = NatsFailure::while_doing("deciding on rows");
        // Bounded by the room its rows need.
        let (queue, waiting) = mpsc::unbounded_channel();
        let mut deciding = tokio::spawn(self.clone().decide(waiting));
        let room = Arc::new(Semaphore::new(WAITING as usize));
        let mut end = Some(end);
        loop {
            let told = async {
                match end.as_mut() {
                    Some(end) => drop(end.await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                message = rows.next() => match message {
                    Some(message) => admit(&client, &queue, &room, message).await,
                    None => break,
                },
                () = told => {
                    end = None;
                    rows.drain()
                        .await
                        .map_err(NatsFailure::while_doing("ending"))?;
                }
                // Only if it panicked, for the queue is open; others that share the rows are to have them.
                ended = &mut deciding => return ended.map_err(broken),
            }
        }
        drop(queue);
        deciding.await.map_err(broken)
    }

    /// Decides on rows until no more come.
    async fn decide(self, mut waiting: mpsc::UnboundedReceiver<Waiting>) {
        let desk = Arc::clone(&self.desk);
        let mut recording = desk.recording();
        // Handed to the desk and not answered yet.
        let mut asking: VecDeque<Asking> = VecDeque::new();
        let mut gathered = Gathered::default();
        loop {
            let handed = self.gather(&mut gathered, &mut recording, &mut waiting);
            let outcomes = match handed.await {
                Next::Decide => {
                    let Gathered { asked, rows } = std::mem::take(&mut gathered);
                    asking.extend(asked);
                    recording.next(rows).await
                }
                Next::Answer => recording.end().await,
                Next::End => return,
            };
            match outcomes {
                Ok(outcomes) => {
                    for outcome in outcomes {
                        if let Some(asking) = asking.pop_front() {
                            self.tell(asking, &outcome).await;
                        }
                    }
                }
                Err(failure) => {
                    recording = desk.recording();
                    self.tell_failure(asking.drain(..), &failure).await;
                }
            }
        }
    }

    /// Takes what waits. While rows are committed, as many more are gathered before they are decided on: so
    /// windows do not crumble, and the store has the next one when it is done with this.
    async fn gather(
        &self,
        gathered: &mut Gathered,
        recording: &mut Recording<'_>,
        waiting: &mut mpsc::UnboundedReceiver<Waiting>,
    ) -> Next {
        let under_way = recording.under_way();
        let enough = under_way.clamp(1, BATCH);
        let mut batch = Vec::new();
        while gathered.rows.len() < enough {
            tokio::select! {
                biased;
                count = waiting.recv_many(&mut batch, BATCH - gathered.rows.len()) => {
                    if count == 0 {
                        return match (gathered.rows.is_empty(), under_way) {
                            (false, _) => Next::Decide,
                            (true, 0) => Next::End,
                            (true, _) => Next::Answer,
                        };
                    }
                }
                () = recording.answered(), if 0 < under_way => return Next::Answer,
            }
            let names_actors = self.context.client().server_info().auth_required;
            for waiting in batch.drain(..) {
                let row = waiting.letter.read(&self.subjects, names_actors);
                gathered.asked.push(Asking {
                    waiting,
                    table: row.table.clone(),
                    is_row: row.wish.is_ok(),
                });
                gathered.rows.push(row);
            }
        }
        Next::Decide
    }

    async fn tell(&self, asking: Asking, outcome: &Outcome) {
        let Asking {
            waiting,
            table,
            is_row,
        } = asking;
        if let Outcome::Rejected(findings) = outcome
            && (!is_row || waiting.reply.is_none())
        {
            let is_told = waiting.reply.is_some();
            let (letter, context, subjects) = (&waiting.letter, &self.context, &self.subjects);
            let given_up = letter.give_up(context, subjects, &table, findings, None, is_told);
            match given_up.await {
                // Nothing is terminated here that would have to wait for it.
                Ok(answer) => drop(tokio::spawn(async move {
                    match answer.await {
                        Ok(_) => metrics::counter!(LETTERS).increment(1),
                        Err(error) => not_kept(&error),
                    }
                })),
                Err(failure) => not_kept(&failure),
            }
        }
        if let Some(reply) = waiting.reply {
            let client = self.context.client();
            let answer = answer(outcome, client.max_payload());
            if let Err(error) = client.publish(reply, answer).await {
                // The row stands; whoever sent it sends it again and hears that it is known.
                tracing::warn!(%error, "an outcome could not be told");
            }
        }
    }

    async fn tell_failure(&self, asking: impl Iterator<Item = Asking>, failure: &Failure) {
        let why = broke(failure);
        for reply in asking.filter_map(|it| it.waiting.reply) {
            say_no(&self.context.client(), reply, &why, 503).await;
        }
    }
}

/// Lets a row wait, or says that too many do.
async fn admit(
    client: &Client,
    queue: &mpsc::UnboundedSender<Waiting>,
    room: &Arc<Semaphore>,
    message: Message,
) {
    let Message {
        subject,
        reply,
        payload,
        headers,
        length,
        ..
    } = message;
    let reply = reply.filter(|it| {
        let may = takes_replies(it);
        if !may {
            tracing::warn!("a row asks for its reply where none may go; it is not answered");
        }
        may
    });
    let needed = u32::try_from(length + ROW).unwrap_or(WAITING).min(WAITING);
    let Ok(room) = Arc::clone(room).try_acquire_many_owned(needed) else {
        tracing::warn!("a row was not taken: too many wait");
        metrics::counter!("leitstand_nats_busy_total").increment(1);
        if let Some(reply) = reply {
            say_no(client, reply, &busy(), 429).await;
        }
        return;
    };
    metrics::counter!("leitstand_nats_rows_total", "way" => "feed").increment(1);
    let letter = Letter {
        subject: subject.into_string(),
        headers,
        payload,
    };
    // Nobody decides any more only if that panicked, and then nothing is taken any more either.
    let _ = queue.send(Waiting {
        letter,
        reply,
        _room: room,
    });
}

async fn say_no(client: &Client, reply: Subject, why: &crate::Finding, code: u16) {
    let (headers, body) = no_answer(why, code);
    if let Err(error) = client.publish_with_headers(reply, headers, body).await {
        tracing::warn!(%error, "a refusal could not be told");
    }
}

fn not_kept(error: &(dyn std::error::Error + 'static)) {
    tracing::error!(error, "a dead letter could not be kept");
}
