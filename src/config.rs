//! Settings and where they come from: flag, environment, file, default, in this order.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use leitstand_ingest::nearest;

use crate::exit::Stop;

/// A setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Its key in the file; on the command line with `--`.
    pub(crate) key: &'static str,
    /// Its variable in the environment.
    pub(crate) env: &'static str,
    /// What holds if nothing is stated.
    pub(crate) default: Option<&'static str>,
    /// What it means.
    pub(crate) doc: &'static str,
}

/// Every setting.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        key: "store",
        env: "LEITSTAND_STORE",
        default: Some("sqlite:leitstand.db"),
        doc: "Speicher: memory:, sqlite:PFAD oder nats://RECHNER:PORT/PROGRAMM",
    },
    Setting {
        key: "programme",
        env: "LEITSTAND_PROGRAMME",
        default: None,
        doc: "Kennung des Programms; beim Anlegen sonst spt-dd",
    },
    Setting {
        key: "currency",
        env: "LEITSTAND_CURRENCY",
        default: Some("EUR"),
        doc: "Währung aller Beträge (ISO 4217)",
    },
    Setting {
        key: "catalogue",
        env: "LEITSTAND_CATALOGUE",
        default: None,
        doc: "Datei mit dem Katalog; sonst der eingebaute",
    },
    Setting {
        key: "format",
        env: "LEITSTAND_FORMAT",
        default: Some("table"),
        doc: "Form der Auskünfte: table, json, csv, csv-de",
    },
    Setting {
        key: "listen",
        env: "LEITSTAND_LISTEN",
        default: Some("127.0.0.1:8080"),
        doc: "Adresse des Servers",
    },
    Setting {
        key: "tokens",
        env: "LEITSTAND_TOKENS",
        default: None,
        doc: "Datei mit den Zugängen; ohne sie nur auf diesem Rechner erreichbar",
    },
    Setting {
        key: "nats",
        env: "LEITSTAND_NATS",
        default: None,
        doc: "NATS-Server für Zeilen, Ereignisse und Fragen, z. B. nats://127.0.0.1:4222",
    },
    Setting {
        key: "nats-replicas",
        env: "LEITSTAND_NATS_REPLICAS",
        default: Some("1"),
        doc: "Auf wie vielen Servern eines NATS-Clusters die Streams liegen",
    },
    Setting {
        key: "nats-monitor",
        env: "LEITSTAND_NATS_MONITOR",
        default: None,
        doc: "Überwachung (http) der NATS-Server, die gefragt wird, ob jede Zeile vor der Quittung auf die Platte kommt",
    },
    Setting {
        key: "nats-creds",
        env: "LEITSTAND_NATS_CREDS",
        default: None,
        doc: "Zugangsdatei (.creds) für NATS",
    },
    Setting {
        key: "nats-nkey",
        env: "LEITSTAND_NATS_NKEY",
        default: None,
        doc: "Datei mit dem Seed eines Nkeys für NATS",
    },
    Setting {
        key: "nats-user",
        env: "LEITSTAND_NATS_USER",
        default: None,
        doc: "Benutzer für NATS",
    },
    Setting {
        key: "nats-password-file",
        env: "LEITSTAND_NATS_PASSWORD_FILE",
        default: None,
        doc: "Datei mit dem Kennwort für NATS",
    },
    Setting {
        key: "nats-ca",
        env: "LEITSTAND_NATS_CA",
        default: None,
        doc: "Datei (PEM) mit den Zertifikaten, denen bei NATS getraut wird; sonst die des Systems",
    },
    Setting {
        key: "log",
        env: "LEITSTAND_LOG",
        default: None,
        doc: "Was gemeldet wird: error, warn, info, debug oder ein Filter je Modul",
    },
];

/// The variable that names the file.
pub(crate) const FILE_ENV: &str = "LEITSTAND_CONFIG";
/// The file read if none is named.
const FILE: &str = "leitstand.toml";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line.
    Flag,
    /// The environment.
    Env,
    /// The file.
    File,
    /// Nowhere: it is the default.
    Default,
}

/// What holds, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Config {
    values: BTreeMap<&'static str, (String, Origin)>,
    /// The file read, if one was.
    pub(crate) file: Option<PathBuf>,
}

/// Flags by key, as given on the command line.
pub(crate) type Flags = BTreeMap<&'static str, String>;

impl Config {
    /// Finds the file, reads it, and puts flags and environment over it.
    ///
    /// # Errors
    /// The file cannot be read or has an unknown key.
    pub(crate) fn load(
        flags: &Flags,
        env: &dyn Fn(&str) -> Option<String>,
        named: Option<&Path>,
    ) -> Result<Self, Stop> {
        let named = named
            .map(Path::to_owned)
            .or_else(|| env(FILE_ENV).filter(|it| !it.is_empty()).map(PathBuf::from));
        let file = named
            .clone()
            .or_else(|| Some(PathBuf::from(FILE)).filter(|it| it.is_file()));
        let text = match &file {
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                Stop::usage(format!(
                    "Die Konfigurationsdatei „{}“ lässt sich nicht lesen: {error}.",
                    path.display()
                ))
            })?,
            None => String::new(),
        };
        let name = file
            .as_deref()
            .unwrap_or(Path::new(FILE))
            .display()
            .to_string();
        Ok(Self {
            file,
            ..Self::of(flags, env, &text, &name)?
        })
    }

    /// Flags and defaults only.
    ///
    /// # Errors
    /// None; as [`Config::load`].
    pub(crate) fn of_flags(flags: &Flags) -> Result<Self, Stop> {
        Self::of(flags, &|_| None, "", FILE)
    }

    /// As [`Config::load`], with the file's text at hand.
    fn of(
        flags: &Flags,
        env: &dyn Fn(&str) -> Option<String>,
        text: &str,
        name: &str,
    ) -> Result<Self, Stop> {
        let stated = stated(text, name)?;
        let mut config = Self::default();
        for setting in SETTINGS {
            let Setting { key, .. } = *setting;
            let from_env = || {
                env(setting.env)
                    .filter(|it| !it.is_empty())
                    .map(|it| (it, Origin::Env))
            };
            let found = flags
                .get(key)
                .map(|it| (it.clone(), Origin::Flag))
                .or_else(from_env)
                .or_else(|| stated.get(key).map(|it| (it.clone(), Origin::File)))
                .or_else(|| setting.default.map(|it| (it.to_owned(), Origin::Default)));
            if let Some(found) = found {
                config.values.insert(key, found);
            }
        }
        Ok(config)
    }

    /// The same with a value where nobody stated one.
    pub(crate) fn or_state(mut self, key: &'static str, value: &str) -> Self {
        if self.stated(key).is_none() {
            self.values.insert(key, (value.to_owned(), Origin::Flag));
        }
        self
    }

    /// The value of a setting, if there is one.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|(value, _)| value.as_str())
    }

    /// The value of a setting that was stated somewhere.
    pub(crate) fn stated(&self, key: &str) -> Option<&str> {
        self.values
            .get(key)
            .filter(|(_, origin)| *origin != Origin::Default)
            .map(|(value, _)| value.as_str())
    }

    /// What `config show` prints. `others` are further variables of the environment.
    pub(crate) fn show(&self, others: &[String]) -> String {
        let mut out = match &self.file {
            Some(file) => format!("# Datei: {}\n", file.display()),
            None => format!("# Datei: keine ({FILE} gibt es hier nicht)\n"),
        };
        for Setting { key, env, doc, .. } in SETTINGS {
            let (value, origin) = match self.values.get(key) {
                Some((value, Origin::Flag)) => (masked(value), format!("Schalter --{key}")),
                Some((value, Origin::Env)) => (masked(value), format!("Umgebung {env}")),
                Some((value, Origin::File)) => (masked(value), "Datei".to_owned()),
                Some((value, Origin::Default)) => (masked(value), "Vorgabe".to_owned()),
                None => ("–".to_owned(), "nicht gesetzt".to_owned()),
            };
            let _ = writeln!(out, "{key:<10} = {value:<24} # {origin}; {doc}");
        }
        for other in others.iter().filter(|it| !is_ours(it)) {
            let hint = nearest(other, SETTINGS.iter().map(|it| it.env));
            let hint = hint.map_or(String::new(), |it| format!("; meinten Sie {it}?"));
            let _ = writeln!(out, "# unbekannt und ohne Wirkung: {other}{hint}");
        }
        out
    }
}

/// Whether a variable is one of ours.
fn is_ours(variable: &str) -> bool {
    variable == FILE_ENV || SETTINGS.iter().any(|it| it.env == variable)
}

/// The file's keys and values.
fn stated(text: &str, name: &str) -> Result<BTreeMap<String, String>, Stop> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = line_of(text, error.span());
        // The error's own words quote the line, which may hold a secret.
        Stop::usage(format!("„{name}“ ist kein gültiges TOML (Zeile {line}); richtig ist z. B. store = \"sqlite:leitstand.db\"."))
    })?;
    let mut stated = BTreeMap::new();
    for (key, value) in table {
        if !SETTINGS.iter().any(|it| it.key == key) {
            let hint = nearest(&key, SETTINGS.iter().map(|it| it.key));
            let known: Vec<&str> = SETTINGS.iter().map(|it| it.key).collect();
            let hint = hint.map_or_else(
                || format!("möglich sind: {}", known.join(", ")),
                |it| format!("meinten Sie „{it}“?"),
            );
            return Err(Stop::usage(format!(
                "„{name}“: Die Angabe „{key}“ gibt es nicht; {hint}"
            )));
        }
        let value = match value {
            toml::Value::String(it) => it,
            toml::Value::Integer(it) => it.to_string(),
            _ => {
                return Err(Stop::usage(format!(
                    "„{name}“: „{key}“ ist kein Text; richtig ist {key} = \"…\"."
                )));
            }
        };
        stated.insert(key, value);
    }
    Ok(stated)
}

/// The line in which something begins, from 1.
pub(crate) fn line_of(text: &str, place: Option<std::ops::Range<usize>>) -> usize {
    let before = place
        .and_then(|it| text.get(..it.start))
        .unwrap_or_default();
    before.matches('\n').count() + 1
}

/// A value without the user and password of an address.
fn masked(value: &str) -> String {
    match value.split_once("://") {
        Some((scheme, rest)) => match rest.rsplit_once('@') {
            Some((_, host)) => format!("{scheme}://***@{host}"),
            None => value.to_owned(),
        },
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(flag: Option<&str>, env: Option<&str>, file: &str) -> Result<Config, Stop> {
        let flags = flag
            .map(|it| ("store", it.to_owned()))
            .into_iter()
            .collect();
        let env = env.map(str::to_owned);
        Config::of(
            &flags,
            &|name| env.clone().filter(|_| name == "LEITSTAND_STORE"),
            file,
            "test.toml",
        )
    }

    #[test]
    fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
        let file = "store = \"sqlite:file.db\"";
        for (flag, env, file, value, origin) in [
            (
                Some("memory:"),
                Some("sqlite:env.db"),
                file,
                "memory:",
                Origin::Flag,
            ),
            (
                None,
                Some("sqlite:env.db"),
                file,
                "sqlite:env.db",
                Origin::Env,
            ),
            (None, None, file, "sqlite:file.db", Origin::File),
            (None, Some(""), "", "sqlite:leitstand.db", Origin::Default),
        ] {
            let config = load(flag, env, file).expect("good configuration");
            assert_eq!(
                config.values.get("store"),
                Some(&(value.to_owned(), origin))
            );
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_a_suggestion() {
        let stop = load(None, None, "stroe = \"memory:\"").expect_err("unknown key");
        assert_eq!(stop.exit, crate::exit::Exit::Usage);
        assert!(stop.message.contains("meinten Sie „store“?"), "{stop}");
        let stop = load(None, None, "colour = \"blue\"").expect_err("unknown key");
        assert!(
            stop.message.contains("möglich sind: store, programme"),
            "{stop}"
        );
    }

    #[test]
    fn what_is_no_text_or_no_toml_is_an_error_that_quotes_nothing() {
        assert!(load(None, None, "store = [1]").is_err());
        let stop = load(None, None, "listen = \"x\"\nstore = \"geheim").expect_err("no TOML");
        assert!(
            stop.message.contains("Zeile 2") && !stop.to_string().contains("geheim"),
            "{stop}"
        );
    }

    #[test]
    fn show_says_where_each_value_comes_from_and_masks_secrets() {
        let config = load(None, Some("nats://user:secret@host/p"), "log = \"debug\"")
            .expect("good configuration");
        let shown = config.show(&["LEITSTAND_STROE".to_owned(), "LEITSTAND_LOG".to_owned()]);
        assert!(
            shown.contains("nats://***@host/p") && !shown.contains("secret"),
            "{shown}"
        );
        assert!(shown.contains("Umgebung LEITSTAND_STORE"), "{shown}");
        assert!(shown.contains("# Datei; Was gemeldet wird"), "{shown}");
        assert!(
            shown.contains("LEITSTAND_STROE; meinten Sie LEITSTAND_STORE?"),
            "{shown}"
        );
        assert!(!shown.contains("Wirkung: LEITSTAND_LOG"), "{shown}");
    }
}
