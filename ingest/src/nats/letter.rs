//! A message with a row: what it asks for, what is answered, and where it goes if nothing comes of it.

use async_nats::{
    HeaderMap,
    jetstream::{
        Context,
        context::{PublishAckFuture, PublishErrorKind},
        message::PublishMessage,
    },
};
use bytes::Bytes;
use leitstand_domain::table::Cells;
use serde::Serialize;

use super::{NatsFailure, Subjects, envelope, error::WRITING_A_DEAD_LETTER};
use crate::{Actor, Failure, Finding, Outcome, desk::Asked, json, wish::Wish};

/// The largest row, in bytes.
pub(super) const LARGEST: usize = 2 << 20;
/// Up to so many bytes a row is kept, with its headers, whose sender is told what is wrong with it.
const SMALL: usize = 4 << 10;
/// So many bytes of headers a letter has, ours included: a stream takes 64 KiB.
const HEADERS: usize = 60 << 10;
/// How many letters were kept.
pub(super) const LETTERS: &str = "leitstand_dead_letters_total";
/// So many bytes of one reason stand in a header.
const REASON: usize = 2 << 10;
/// What an answer says beside its findings, in bytes.
const ANSWER: usize = 4 << 10;
/// The table in the subject of a dead letter whose own subject names none.
const NOWHERE: &str = "_";

/// A message as it came.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) headers: Option<HeaderMap>,
    pub(super) payload: Bytes,
}

/// Where a letter was kept before it was given up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// Its sequence in the stream of rows.
    pub(super) sequence: u64,
    /// When it was kept there, in nanoseconds since 1970: a stream made anew counts from 1 again.
    pub(super) at: i128,
    /// How often it was delivered.
    pub(super) deliveries: i64,
}

impl Letter {
    /// What the letter asks for. Without `names_actors` whoever sends is `local`: what the subject says of
    /// the sender counts only where the server does not let one be named that it is not.
    pub(super) fn read(&self, subjects: &Subjects, names_actors: bool) -> Asked {
        let addressed = subjects.addressed(&self.subject);
        let table = addressed
            .as_ref()
            .map_or_else(|| NOWHERE.to_owned(), |it| it.table.clone());
        let named = addressed.as_ref().and_then(|it| it.actor.as_deref());
        let actor = match named {
            Some(name) if names_actors => Actor::new(name),
            _ => Ok(Actor::local()),
        };
        let (actor, wish) = match actor {
            Ok(actor) if addressed.is_some() => (actor, self.wish(&table)),
            Ok(actor) => (actor, Err(vec![bad_subject()])),
            Err(finding) => (Actor::local(), Err(vec![finding])),
        };
        Asked::new(table, wish, actor)
    }

    fn wish(&self, table: &str) -> Result<Wish, Vec<Finding>> {
        Wish::read(table, &self.cells()?)
    }

    fn cells(&self) -> Result<Cells, Vec<Finding>> {
        if self.payload.len() > LARGEST {
            return Err(vec![too_large()]);
        }
        let row = envelope::row(self.headers.as_ref(), &self.payload).map_err(|it| vec![it])?;
        let (cells, findings) = json::cells(&row).map_err(|it| vec![it])?;
        if findings.is_empty() {
            Ok(cells)
        } else {
            Err(findings)
        }
    }

    /// Puts the letter, as it came, with the reasons where rows go that were not recorded. It is there
    /// once the answer is. Of one whose sender is told anyway and that is not small only the reasons are kept: the room
    /// is everybody's.
    ///
    /// # Errors
    /// NATS did not take it.
    pub(super) async fn give_up(
        &self,
        context: &Context,
        subjects: &Subjects,
        table: &str,
        findings: &[Finding],
        kept: Option<Kept>,
        is_told: bool,
    ) -> Result<PublishAckFuture, NatsFailure> {
        let subject = subjects.dead_of(table);
        let reasons = self.reasons(findings, kept);
        let with = |headers: HeaderMap, payload: Bytes| {
            let mut message = PublishMessage::build().headers(headers).payload(payload);
            if let Some(kept) = kept {
                message = message.message_id(format!("dead-{}-{}", kept.sequence, kept.at));
            }
            context.send_publish(subject.clone(), message)
        };
        let state = |mut headers: HeaderMap| {
            for (name, text) in &reasons {
                headers.insert(*name, text.as_str());
            }
            headers
        };
        let cut = |left: usize, body: Bytes| {
            let mut headers = state(HeaderMap::new());
            headers.insert("Leitstand-Cut", left.to_string());
            with(headers, body)
        };
        let headers = self.headers.as_ref().map(kept_headers).unwrap_or_default();
        let (of_headers, body) = (size(&headers), self.payload.clone());
        let all = of_headers + body.len();
        let sent = if is_told && SMALL < all {
            cut(all, Bytes::new()).await
        } else {
            let ours: usize = reasons.iter().map(|it| it.0.len() + it.1.len() + 4).sum();
            let whole = if HEADERS < of_headers + ours {
                cut(of_headers, body).await
            } else {
                with(state(headers), body).await
            };
            match whole {
                // Whoever sent it was told, or it would have been refused by the stream.
                Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                    cut(all, Bytes::new()).await
                }
                sent => sent,
            }
        };
        sent.map_err(NatsFailure::while_doing(WRITING_A_DEAD_LETTER))
    }

    fn reasons(&self, findings: &[Finding], kept: Option<Kept>) -> Vec<(&'static str, String)> {
        let mut reasons = vec![("Leitstand-Subject", self.subject.clone())];
        if let Some(kept) = kept {
            reasons.push(("Leitstand-Sequence", kept.sequence.to_string()));
            reasons.push(("Leitstand-Deliveries", kept.deliveries.to_string()));
        }
        if let Some(first) = findings.first() {
            reasons.push(("Leitstand-Code", first.code.to_string()));
            reasons.push(("Leitstand-Field", first.column.clone().unwrap_or_default()));
            reasons.push(("Leitstand-Message", first.message.clone()));
            reasons.push(("Leitstand-Message-En", first.message_en.clone()));
        }
        for (name, text) in &mut reasons {
            text.retain(|it| !it.is_control());
            // A subject is as long as a server lets it be, and whole.
            if *name != "Leitstand-Subject" {
                text.truncate(text.floor_char_boundary(REASON));
            }
        }
        reasons
    }
}

/// How many bytes headers are on their way.
fn size(headers: &HeaderMap) -> usize {
    let all = headers.iter().flat_map(|(name, values)| {
        let name: &str = name.as_ref();
        values
            .iter()
            .map(move |it| name.len() + it.as_str().len() + 4)
    });
    all.sum()
}

/// The headers of a letter without what it asked of the server, which was for the first stream, and without what
/// only we say of a dead letter.
fn kept_headers(headers: &HeaderMap) -> HeaderMap {
    let is_kept = |name: &str| {
        let name = name.to_ascii_lowercase();
        !name.starts_with("nats-") && !name.starts_with("leitstand-")
    };
    headers
        .iter()
        .filter(|(name, _)| is_kept(name.as_ref()))
        .flat_map(|(name, values)| values.iter().map(move |it| (name.clone(), it.clone())))
        .fold(HeaderMap::new(), |mut kept, (name, value)| {
            kept.append(name, value);
            kept
        })
}

/// What is answered. Every key is always written but `findings`, which are those of a rejected row, and how many
/// of them did not fit.
#[derive(Serialize)]
struct Answer<'a> {
    outcome: Option<&'static str>,
    position: Option<u64>,
    code: Option<&'a str>,
    field: Option<&'a str>,
    message: Option<&'a str>,
    message_en: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "is_none")]
    findings_left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none(number: &usize) -> bool {
    *number == 0
}

/// The answer to a row that was decided on, in at most so many bytes: findings that do not fit are counted.
pub(super) fn answer(outcome: &Outcome, most: usize) -> Bytes {
    let all: &[Finding] = match outcome {
        Outcome::Rejected(findings) => findings,
        Outcome::Accepted { .. } | Outcome::Known { .. } => &[],
    };
    let findings = fitting(all, most.saturating_sub(ANSWER));
    let first = all.first();
    written(&Answer {
        outcome: Some(outcome.word()),
        position: outcome.position().map(leitstand_store::Position::as_json),
        code: first.map(|it| &*it.code),
        field: first.and_then(|it| it.column.as_deref()),
        message: first.map(|it| it.message.as_str()),
        message_en: first.map(|it| it.message_en.as_str()),
        findings,
        findings_left_out: all.len() - findings.len(),
    })
}

/// The first findings, as many as have room.
fn fitting(findings: &[Finding], mut room: usize) -> &[Finding] {
    let fit = findings.iter().take_while(|it| {
        // A comma stands between two.
        let needed = serde_json::to_vec(it).map_or(usize::MAX, |it| it.len() + 1);
        let left = room.checked_sub(needed);
        room = left.unwrap_or(0);
        left.is_some()
    });
    let count = fit.count();
    &findings[..count]
}

/// The answer to a row that could not be decided on: nobody knows yet what becomes of it, so it has no
/// outcome. The headers are those of a service that failed.
pub(super) fn no_answer(why: &Finding, code: u16) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    headers.insert(
        async_nats::service::NATS_SERVICE_ERROR,
        format!("{}: {}", why.code, why.message_en),
    );
    let number = code.to_string();
    headers.insert(async_nats::service::NATS_SERVICE_ERROR_CODE, number);
    headers.insert("Leitstand-Message", &*why.message);
    headers.insert("Leitstand-Message-En", &*why.message_en);
    let body = written(&Answer {
        outcome: None,
        position: None,
        code: Some(&why.code),
        field: None,
        message: Some(&why.message),
        message_en: Some(&why.message_en),
        findings: &[],
        findings_left_out: 0,
    });
    (headers, body)
}

fn written(answer: &Answer<'_>) -> Bytes {
    // Texts and numbers can always be written.
    serde_json::to_vec(answer).unwrap_or_default().into()
}

/// Why the world broke, for whoever asked; the cause is for the operator's log.
pub(super) fn broke(failure: &Failure) -> Finding {
    tracing::error!(
        code = failure.code(),
        error = failure as &dyn std::error::Error,
        "rows could not be decided on"
    );
    Finding::new(
        failure.code(),
        failure.message_de(),
        "The row could not be decided on right now; send it again later",
    )
}

/// More waits than is kept.
pub(super) fn busy() -> Finding {
    Finding::new(
        "busy",
        "Es warten schon zu viele Zeilen; bitte die Antworten abwarten und noch einmal senden",
        "Too many rows are waiting already; wait for their answers and send again",
    )
}

fn bad_subject() -> Finding {
    Finding::new(
        "bad_subject",
        "Das Subject ist keines für Zeilen; richtig ist leitstand.<Programm>.feed.<Tabelle>[.<Handelnder>] (oder post statt feed), darin jedes Byte außer A–Z a–z 0–9 - _ als =XX",
        "The subject is none for rows; write leitstand.<programme>.feed.<table>[.<actor>] (or post instead of feed), each byte but A–Z a–z 0–9 - _ as =XX",
    )
}

fn too_large() -> Finding {
    Finding::new(
        "body_too_large",
        format!("Die Zeile ist größer als {LARGEST} Byte; bitte Freitexte kürzen"),
        format!("The row is larger than {LARGEST} bytes; shorten its free texts"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("leitstand-code", "forged"),
            ("Leitstand-Sequence", "999"),
            ("LEITSTAND-DELIVERIES", "7"),
            ("nats-msg-id", "1"),
            ("ce-id", "1"),
        ] {
            headers.insert(name, value);
        }
        Letter {
            subject: "leitstand.spt-dd.feed.pots".to_owned(),
            headers: Some(headers),
            payload: Bytes::new(),
        }
    }

    #[test]
    fn what_a_dead_letter_says_of_itself_only_we_say() {
        let letter = letter();
        let kept = kept_headers(letter.headers.as_ref().expect("headers"));
        let names: Vec<&str> = kept.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["ce-id"]);
    }

    #[test]
    fn reasons_fit_into_headers() {
        let long = "ü\n".repeat(50_000);
        let finding = Finding::new("bad_json", &*long, &*long).at(&*long);
        for (name, text) in letter().reasons(&[finding], None) {
            assert!(text.len() <= REASON && !text.contains('\n'), "{name}");
        }
    }

    #[test]
    fn an_answer_says_how_many_findings_did_not_fit() {
        let finding =
            |number: usize| Finding::new("unknown_column", format!("Spalte {number}"), "Column");
        let many: Vec<Finding> = (0..5_000).map(finding).collect();
        let (few, most) = (many[..3].to_vec(), 100_000);
        let read = |outcome: &Outcome| {
            let answer = answer(outcome, most);
            assert!(answer.len() <= most, "{}", answer.len());
            serde_json::from_slice::<serde_json::Value>(&answer).expect("JSON")
        };
        let cut = read(&Outcome::Rejected(many));
        let shown = cut["findings"].as_array().map_or(0, Vec::len);
        assert!(shown > 300, "{shown}");
        assert_eq!(cut["findings_left_out"], 5_000 - shown);
        assert_eq!(cut["code"], "unknown_column");
        let whole = read(&Outcome::Rejected(few));
        assert_eq!(whole["findings"].as_array().map(Vec::len), Some(3));
        assert_eq!(whole.get("findings_left_out"), None);
    }
}
