//! Who may ask: bearer tokens, kept only as their SHA-256.

use std::path::Path;

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use leitstand_ingest::Actor;
use serde::Deserialize;

use crate::exit::Stop;

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Answers.
    Read,
    /// Answers; every table except money.
    Feed,
    /// Answers; money tables.
    Finance,
    /// Answers, explanations and the log; no writing.
    Audit,
}

/// One who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// Under which name it is recorded; no person's.
    pub(crate) actor: Actor,
    /// What they may do.
    pub(crate) role: Role,
    /// The bodies they may report for; empty: all.
    pub(crate) bodies: Vec<String>,
    /// The pillars they may read and report on; empty: all.
    pub(crate) pillars: Vec<String>,
}

/// Everybody who may ask.
pub(crate) struct Tokens {
    all: Vec<([u8; 32], Bearer)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    sha256: String,
    pseudonym: String,
    role: Role,
    #[serde(default)]
    bodies: Vec<String>,
    #[serde(default)]
    pillars: Vec<String>,
}

impl Tokens {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or is not as `serve --help` describes.
    pub(crate) fn load(path: &Path) -> Result<Self, Stop> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Stop::usage(format!(
                "Die Zugänge „{name}“ lassen sich nicht lesen: {error}."
            ))
        })?;
        Self::read(&text).map_err(|wrong| Stop::usage(format!("Zugänge „{name}“: {wrong}")))
    }

    fn read(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = crate::config::line_of(text, error.span());
            format!(
                "Zeile {line} ist nicht, wie „leitstand serve --help“ es beschreibt ({}).",
                error.message()
            )
        })?;
        let mut all: Vec<([u8; 32], Bearer)> = Vec::new();
        for (at, entry) in file.token.into_iter().enumerate() {
            let number = at + 1;
            let hash = hash(&entry.sha256)
                .ok_or_else(|| format!("Zugang {number}: sha256 sind 64 hexadezimale Ziffern (printf %s TOKEN | sha256sum)."))?;
            if all.iter().any(|(other, _)| *other == hash) {
                return Err(format!("Zugang {number}: Dieses Token gibt es schon."));
            }
            let actor = Actor::new(&entry.pseudonym)
                .map_err(|bad| format!("Zugang {number}: {}", bad.message))?;
            let Entry {
                role,
                bodies,
                pillars,
                ..
            } = entry;
            all.push((
                hash,
                Bearer {
                    actor,
                    role,
                    bodies,
                    pillars,
                },
            ));
        }
        if all.is_empty() {
            return Err("Die Datei nennt keinen Zugang; ohne --tokens ist der Server nur auf diesem Rechner erreichbar.".to_owned());
        }
        Ok(Self { all })
    }

    /// Whose token it is. Takes as long for one that is nearly right as for any other.
    pub(crate) fn bearer(&self, token: &str) -> Option<&Bearer> {
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        let mut found = None;
        for (known, bearer) in &self.all {
            if verify_slices_are_equal(known, hash.as_ref()).is_ok() {
                found = Some(bearer);
            }
        }
        found
    }
}

fn hash(text: &str) -> Option<[u8; 32]> {
    text.parse::<leitstand_store::Hash>()
        .ok()
        .map(|it| *it.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `geheim`.
    const GEHEIM: &str = "addb0f5e7826c857d7376d1bd9bc33c0c544790a2eac96144a8af22b1298c940";

    fn entry(more: &str) -> String {
        format!("[[token]]\nsha256 = \"{GEHEIM}\"\npseudonym = \"pmo-1\"\nrole = \"feed\"\n{more}")
    }

    #[test]
    fn a_bearer_is_found_by_the_token_and_by_nothing_else() {
        let hash = digest::digest(&digest::SHA256, b"geheim");
        let hex: String = hash
            .as_ref()
            .iter()
            .fold(String::new(), |hex, it| hex + &format!("{it:02x}"));
        let text = entry("bodies = [\"B\"]\npillars = [\"DG\"]").replace(GEHEIM, &hex);
        let tokens = Tokens::read(&text).expect("a good file");
        let bearer = tokens.bearer("geheim").expect("known");
        assert_eq!(
            (bearer.actor.to_string().as_str(), bearer.role),
            ("pmo-1", Role::Feed)
        );
        assert_eq!(
            (bearer.bodies.as_slice(), bearer.pillars.as_slice()),
            (&["B".to_owned()][..], &["DG".to_owned()][..])
        );
        for other in ["", "Geheim", "geheim ", hex.as_str()] {
            assert!(tokens.bearer(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_file_that_is_not_right_is_refused() {
        for (text, words) in [
            (String::new(), "keinen Zugang"),
            (entry("color = 1"), "Zeile 5"),
            (entry("").replace("feed", "admin"), "Zeile 4"),
            (entry("").replace(GEHEIM, "abc"), "64 hexadezimale"),
            (entry("").replace("pmo-1", ""), "Pseudonym"),
            (entry("") + &entry(""), "Zugang 2"),
        ] {
            let wrong = Tokens::read(&text).err().expect("a bad file");
            assert!(wrong.contains(words), "{wrong}");
        }
    }
}
