//! `given(rows).when(row).accepted()`, `.known(at)`, `.refused(code, field)`.

mod rows;

pub(crate) use rows::{
    all, booking, correct, day, filed, granted, id, parsed, pot, pot_of, replacing, request, row,
    step,
};

use leitstand_domain::{
    Day, Event, Ledger, Meta, Refusal, StreamKind,
    event::Correction,
    stream::{Command, Companion, Decision, Envelope, Wanted, decide},
};
use uuid::Uuid;

/// The day of recording, after everything that happens in tests.
const TODAY: &str = "2030-12-31";

/// Something handed in.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    wanted: Wanted,
    meta: Meta,
    received_on: Option<Day>,
    today: Day,
    with: Vec<Companion>,
}

impl Act {
    /// Handed in together with these.
    pub(crate) fn with(mut self, others: &[Act]) -> Self {
        let rows = others.iter().filter_map(|it| match &it.wanted {
            Wanted::Row(row) => Some(Companion {
                row: row.clone(),
                key: it.meta.key.clone(),
            }),
            Wanted::Correction(_) => None,
        });
        self.with = rows.collect();
        self
    }

    /// When the programme came to know it.
    pub(crate) fn received(mut self, day: &str) -> Self {
        self.received_on = Some(self::day(day));
        self
    }

    /// The day of recording.
    pub(crate) fn today(mut self, day: &str) -> Self {
        self.today = self::day(day);
        self
    }

    /// The row's own key.
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.meta.key = Some(id(key));
        self
    }

    /// The day of a new state.
    pub(crate) fn valid_from(mut self, day: &str) -> Self {
        self.meta.valid_from = Some(self::day(day));
        self
    }

    /// Annuls the corrected row.
    pub(crate) fn void(mut self) -> Self {
        self.correction().void = true;
        self
    }

    /// Moves the corrected row to another day.
    pub(crate) fn moved_to(mut self, day: &str) -> Self {
        self.correction().to_date = Some(self::day(day));
        self
    }

    fn correction(&mut self) -> &mut Correction {
        match &mut self.wanted {
            Wanted::Correction(it) => it,
            Wanted::Row(_) => panic!("only a correction annuls or moves a row"),
        }
    }

    fn command(&self) -> Command {
        let content = match &self.wanted {
            Wanted::Row(row) => format!(
                "{} {:?} {:?} {:?}",
                row.table().name,
                self.meta,
                row.normal(),
                row.texts()
            ),
            Wanted::Correction(it) => format!("{it:?} {:?}", self.received_on),
        };
        Command {
            id: Uuid::new_v5(&Uuid::NAMESPACE_OID, content.as_bytes()),
            wanted: self.wanted.clone(),
            meta: self.meta.clone(),
            received_on: self.received_on,
            today: self.today,
            with: self.with.clone(),
        }
    }
}

/// A stream as it stands.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) ledger: Ledger,
    position: u64,
}

/// A stream in which all these were accepted one after the other; its kind is that of the first row.
#[track_caller]
pub(crate) fn given(acts: impl IntoIterator<Item = Act>) -> Stream {
    let mut stream: Option<Stream> = None;
    for act in acts {
        let mut it = stream
            .take()
            .unwrap_or_else(|| Stream::empty(kind_of(&act)));
        if let Err(refusal) = it.hand_in(&act) {
            panic!("given, but refused: {refusal}\n{act:#?}");
        }
        stream = Some(it);
    }
    stream.unwrap_or_else(|| Stream::empty(StreamKind::Pot))
}

/// What was recorded of a stream in which all these were accepted, with what the log says around it.
#[track_caller]
pub(crate) fn recorded(acts: Vec<Act>) -> Vec<(Event, Envelope)> {
    let mut stream = Stream::empty(kind_of(&acts[0]));
    let mut all = Vec::new();
    for act in acts {
        let command = act.command();
        let id = command.id;
        let decision = decide(&stream.ledger, command);
        let Ok(Decision::Happened {
            event, effective, ..
        }) = decision
        else {
            panic!("given, but not accepted: {decision:?}")
        };
        stream.position += 1;
        let envelope = Envelope {
            position: stream.position,
            effective,
            known: act.today,
            command: id,
        };
        stream.ledger.apply(event.clone(), envelope);
        all.push((event, envelope));
    }
    all
}

fn kind_of(act: &Act) -> StreamKind {
    use leitstand_domain::table::Home;
    match &act.wanted {
        Wanted::Row(row) => match row.home() {
            Home::Named(kind, _) => kind,
            Home::Of(..) => StreamKind::Pot,
        },
        Wanted::Correction(_) => StreamKind::Pot,
    }
}

impl Stream {
    pub(crate) fn empty(kind: StreamKind) -> Self {
        Self {
            ledger: Ledger::new(kind),
            position: 0,
        }
    }

    /// Hands a row in, to see what becomes of it.
    #[expect(clippy::needless_pass_by_value, reason = "it reads as a sentence")]
    pub(crate) fn when(mut self, act: Act) -> Outcome {
        let answer = self.hand_in(&act);
        Outcome {
            stream: self,
            answer,
        }
    }

    /// Takes in what is no row.
    pub(crate) fn happened(&mut self, event: Event, on: Day) {
        self.position += 1;
        let envelope = Envelope {
            position: self.position,
            effective: on,
            known: on,
            command: Uuid::from_u128(self.position.into()),
        };
        self.ledger.apply(event, envelope);
    }

    /// Decides, and takes in what happened; the position where it is known already.
    pub(crate) fn hand_in(&mut self, act: &Act) -> Result<Option<u64>, Refusal> {
        let command = act.command();
        let (id, today) = (command.id, command.today);
        match decide(&self.ledger, command)? {
            Decision::Known(position) => Ok(Some(position)),
            Decision::Happened {
                event,
                effective,
                known,
            } => {
                self.position += 1;
                let known = known.unwrap_or(today);
                let envelope = Envelope {
                    position: self.position,
                    effective,
                    known,
                    command: id,
                };
                self.ledger.apply(as_stored(&event), envelope);
                Ok(None)
            }
        }
    }
}

/// The event as it will be read back, so that tests fold what a restart folds.
fn as_stored(event: &Event) -> Event {
    let stored = event.write().expect("an event can be written");
    let read = Event::read(stored.name, stored.version, &stored.payload);
    let read = read.expect("what was written can be read");
    assert_eq!(read, event.clone().sealed_out());
    read
}

/// What became of a row.
#[derive(Debug)]
pub(crate) struct Outcome {
    stream: Stream,
    answer: Result<Option<u64>, Refusal>,
}

impl Outcome {
    /// It was recorded.
    #[track_caller]
    pub(crate) fn accepted(self) -> Stream {
        match self.answer {
            Ok(None) => self.stream,
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// Nothing happened: it is so since this position.
    #[track_caller]
    pub(crate) fn known(self, position: u64) -> Stream {
        assert_eq!(self.answer, Ok(Some(position)));
        self.stream
    }

    /// It was refused; what the refusal says can be looked at.
    #[track_caller]
    pub(crate) fn refused(self, code: &str, field: impl Into<Option<&'static str>>) -> Said {
        let refusal = match self.answer {
            Err(refusal) => refusal,
            other => panic!("not refused with {code}: {other:?}"),
        };
        assert_eq!(
            (refusal.code, refusal.field),
            (code, field.into()),
            "{refusal}"
        );
        Said {
            stream: self.stream,
            refusal,
        }
    }
}

/// A refusal.
pub(crate) struct Said {
    pub(crate) stream: Stream,
    pub(crate) refusal: Refusal,
}

impl Said {
    /// Both languages name these; the German one writes days and amounts in German, if it does not quote them.
    #[track_caller]
    pub(crate) fn naming<const N: usize>(self, words: [&str; N]) -> Stream {
        let Refusal { de, en, .. } = &self.refusal;
        for word in words {
            assert!(en.contains(word), "`{word}` is not in: {en}");
            let german = Refusal::new("", None, word, word).de;
            let german = german.trim_end_matches('.');
            assert!(
                de.contains(word) || de.contains(german),
                "`{german}` is not in: {de}"
            );
        }
        self.stream
    }
}
