//! Subjects: where on NATS what belongs to a programme is found (`contract/commands.md`).

use leitstand_store::{short_token, token};

/// A token of what we send is at most so long, in bytes. A server closes the connection on a line of more than
/// 4,096.
const LONGEST: usize = 500;

/// The subjects of one programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    /// `leitstand.<programme>`
    root: String,
}

/// What a subject with rows says of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addressed {
    /// The table as it was named.
    pub(super) table: String,
    /// Who hands the row in, if the subject says so.
    pub(super) actor: Option<String>,
}

impl Subjects {
    /// The subjects of this programme.
    #[must_use]
    pub fn new(programme: &str) -> Self {
        let root = format!("leitstand.{}", token(programme));
        Self { root }
    }

    /// Rows that are answered with their outcome: `…feed.<table>[.<actor>]`.
    #[must_use]
    pub fn feed(&self) -> String {
        format!("{}.feed.>", self.root)
    }

    /// Rows that `JetStream` keeps until they are recorded: `…post.<table>[.<actor>]`.
    #[must_use]
    pub fn post(&self) -> String {
        format!("{}.post.>", self.root)
    }

    /// Recorded events: `…evt.<stream kind>.<id>.<event>`.
    #[must_use]
    pub fn events(&self) -> String {
        format!("{}.evt.>", self.root)
    }

    /// Rows that could not be recorded: `…dead.<table>`.
    #[must_use]
    pub fn dead(&self) -> String {
        format!("{}.dead.>", self.root)
    }

    /// The prefix of questions: `…ask`, with the answer's name behind it.
    #[must_use]
    pub fn ask(&self) -> String {
        format!("{}.ask", self.root)
    }

    /// Where an event of a stream goes. A stream of which there is only one has the id `_`.
    #[must_use]
    pub fn event(&self, stream: &str, name: &str) -> String {
        let (kind, id) = stream.split_once('-').unwrap_or((stream, "_"));
        let root = &self.root;
        let [kind, id, name] = [kind, id, name].map(|it| short_token(it, LONGEST));
        format!("{root}.evt.{kind}.{id}.{name}")
    }

    /// Where a row of this table goes that could not be recorded.
    pub(super) fn dead_of(&self, table: &str) -> String {
        format!("{}.dead.{}", self.root, short_token(table, LONGEST))
    }

    /// What a subject below [`feed`](Self::feed) or [`post`](Self::post) says; `None` if it has too many
    /// tokens, or one that is none of ours.
    pub(super) fn addressed(&self, subject: &str) -> Option<Addressed> {
        let rest = subject.strip_prefix(&self.root)?.strip_prefix('.')?;
        let mut tokens = rest.split('.').skip(1);
        let table = untoken(tokens.next()?)?;
        let actor = match tokens.next() {
            Some(actor) => Some(untoken(actor)?),
            None => None,
        };
        tokens
            .next()
            .is_none()
            .then_some(Addressed { table, actor })
    }
}

/// Whether a reply may go there. Below our own subjects it would be a row or an event, and below the
/// server's an order, given with our permissions by whoever asks.
#[must_use]
pub fn takes_replies(subject: &str) -> bool {
    !subject.starts_with('$') && !subject.starts_with("leitstand.")
}

/// The text of a token; `None` if it is none that [`token`] makes. Permissions are about subjects: a table
/// that could be written in two ways could be kept out of in one only.
fn untoken(written: &str) -> Option<String> {
    if written == "=" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(u8::try_from(digit()? << 4 | digit()?).ok()?);
    }
    let text = String::from_utf8(bytes).ok()?;
    (token(&text) == written).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_any_text_and_gives_it_back() {
        for (text, expected) in [
            ("MS-01", "MS-01"),
            ("milestone.planned", "milestone=2Eplanned"),
            ("a b*>=", "a=20b=2A=3E=3D"),
            ("ä", "=C3=A4"),
            ("", "="),
        ] {
            assert_eq!(token(text), expected);
            assert_eq!(untoken(expected).as_deref(), Some(text));
        }
        for bad in [
            "=4",
            "=GG",
            "=FF",
            "a=",
            "=70ots",
            "p=6Fts",
            "=63orrections",
            "a=2eb",
            "=C3=a4",
            "ä",
            "a b",
            "==",
            "",
            "pmo=2D1",
        ] {
            assert_eq!(untoken(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_reply_is_no_row_event_or_order() {
        for subject in [
            "_INBOX.a.b",
            "_INBOX_pmo-1.x",
            "_R_.1.2",
            "leitstands.eingang",
        ] {
            assert!(takes_replies(subject), "{subject}");
        }
        for subject in [
            "leitstand.spt-dd.log.pot-A",
            "leitstand.other.evt.pot.A.x",
            "$JS.API.STREAM.DELETE.LEITSTAND_LOG_spt-dd",
            "$KV.LEITSTAND_KEYS_spt-dd.x",
        ] {
            assert!(!takes_replies(subject), "{subject}");
        }
    }

    #[test]
    fn an_event_has_a_subject_of_six_tokens() {
        let subjects = Subjects::new("spt-dd");
        for (stream, expected) in [
            (
                "milestone-MS-01",
                "leitstand.spt-dd.evt.milestone.MS-01.a=2Eb",
            ),
            ("pot-T ORG", "leitstand.spt-dd.evt.pot.T=20ORG.a=2Eb"),
            ("catalogue", "leitstand.spt-dd.evt.catalogue._.a=2Eb"),
        ] {
            assert_eq!(subjects.event(stream, "a.b"), expected);
        }
    }

    #[test]
    fn what_is_sent_has_a_subject_that_a_server_takes_whatever_its_id() {
        let subjects = Subjects::new("spt-dd");
        let id = "x".repeat(4_100);
        let long = subjects.event(&format!("impediment-{id}"), "impediment.reported");
        assert!(
            long.starts_with("leitstand.spt-dd.evt.impediment.xxx"),
            "{long}"
        );
        assert!(
            long.ends_with(".impediment=2Ereported") && long.len() < 1_000,
            "{long}"
        );
        assert_eq!(long.split('.').count(), 6);
        let other = subjects.event(&format!("impediment-{id}y"), "impediment.reported");
        assert_ne!(long, other);
        let dead = subjects.dead_of(&"é".repeat(700));
        assert!(dead.len() < 1_000, "{dead}");
        // As long as it ever was.
        let id = "x".repeat(500);
        let kept = subjects.event(&format!("impediment-{id}"), "a");
        assert_eq!(kept, format!("leitstand.spt-dd.evt.impediment.{id}.a"));
    }

    #[test]
    fn a_subject_says_table_and_actor() {
        let subjects = Subjects::new("spt-dd");
        let of = |rest: &str| {
            let said = subjects.addressed(&format!("leitstand.spt-dd.{rest}"))?;
            Some((said.table, said.actor))
        };
        let some =
            |table: &str, actor: Option<&str>| Some((table.to_owned(), actor.map(str::to_owned)));
        assert_eq!(of("feed.milestones"), some("milestones", None));
        assert_eq!(of("post.pots.pmo=2E1"), some("pots", Some("pmo.1")));
        assert_eq!(of("feed.pots.a.b"), None);
        assert_eq!(of("feed.=ZZ"), None);
        assert_eq!(of("feed.=70ots.pmo-1"), None, "another way to write pots");
        assert_eq!(of("post.pots.pmo=2D1"), None, "another way to write pmo-1");
        assert_eq!(subjects.addressed("leitstand.other.feed.pots"), None);
    }
}
