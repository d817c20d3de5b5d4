//! The options of each command. What stands in their doc comments is their help.

#![expect(
    clippy::doc_markdown,
    reason = "doc comments are shown on a terminal as they are"
)]

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Which store.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Store {
    /// Speicher: memory:, sqlite:PFAD oder nats://RECHNER:PORT/PROGRAMM (LEITSTAND_STORE); sonst sqlite:leitstand.db
    #[arg(long = "store", value_name = "S")]
    pub(crate) spec: Option<String>,
    /// Kennung des Programms (LEITSTAND_PROGRAMME)
    #[arg(long, value_name = "ID")]
    pub(crate) programme: Option<String>,
    #[command(flatten)]
    pub(crate) nats: NatsAccess,
}

/// Who we are for a NATS server, and whom we trust there.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Zugang zu NATS")]
pub(crate) struct NatsAccess {
    /// Zugangsdatei (LEITSTAND_NATS_CREDS)
    #[arg(long = "nats-creds", value_name = "DATEI")]
    pub(crate) creds: Option<String>,
    /// Datei mit dem Seed eines Nkeys (LEITSTAND_NATS_NKEY)
    #[arg(long = "nats-nkey", value_name = "DATEI")]
    pub(crate) nkey: Option<String>,
    /// Benutzer (LEITSTAND_NATS_USER)
    #[arg(long = "nats-user", value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Datei mit dem Kennwort (LEITSTAND_NATS_PASSWORD_FILE)
    #[arg(long = "nats-password-file", value_name = "DATEI")]
    pub(crate) password_file: Option<String>,
    /// Zertifikate (PEM), denen getraut wird; sonst die des Systems (LEITSTAND_NATS_CA)
    #[arg(long = "nats-ca", value_name = "DATEI")]
    pub(crate) ca: Option<String>,
}

/// Where an answer stands and what it is narrowed down to.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Question {
    /// Stichtag, z. B. 2024-12-31 oder 31.12.2024; ohne Angabe heute
    #[arg(long, value_name = "TAG")]
    pub(crate) as_of: Option<String>,
    /// Wissensstand am Ende dieses Tages; ohne Angabe alles
    #[arg(long, value_name = "TAG")]
    pub(crate) known_on: Option<String>,
    /// Protokoll nur bis zu dieser Position; ohne Angabe bis zum Ende
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) at_position: Option<String>,
    /// Nur diese Säule
    #[arg(long, value_name = "P")]
    pub(crate) pillar: Option<String>,
    /// Nur diese Maßnahme
    #[arg(long, value_name = "M")]
    pub(crate) measure: Option<String>,
    /// Nur dieser Topf
    #[arg(long, value_name = "T")]
    pub(crate) pot: Option<String>,
    /// Nur dieser Partner: BUND oder Kürzel des Landes
    #[arg(long, value_name = "P")]
    pub(crate) partner: Option<String>,
    /// Für shares: der Betrag, der aufzuteilen ist
    #[arg(long, value_name = "BETRAG", allow_negative_numbers = true)]
    pub(crate) amount: Option<String>,
    /// Für shares: Kostenteilung Bund/Länder, z. B. 25/75, oder die Kennung einer erfassten
    #[arg(long, value_name = "B/L")]
    pub(crate) cost_share: Option<String>,
    /// Für shares und votes: Jahr des Kostenschlüssels
    #[arg(long, value_name = "JAHR", allow_negative_numbers = true)]
    pub(crate) key_year: Option<String>,
    /// Für votes: die Vorlage
    #[arg(long, value_name = "KENNUNG")]
    pub(crate) paper: Option<String>,
    /// Für votes: wer zustimmen würde, z. B. BUND,BW,BY
    #[arg(long, value_name = "PARTNER")]
    pub(crate) yes: Option<String>,
    /// Für trail: der Antrag oder die Maßnahme
    #[arg(long, value_name = "KENNUNG")]
    pub(crate) id: Option<String>,
    /// Für trail: nur Zeilen dieser Tabelle, z. B. status_reports
    #[arg(long, value_name = "TABELLE")]
    pub(crate) table: Option<String>,
    /// Für changes: Stichtag, mit dem verglichen wird
    #[arg(long, value_name = "TAG")]
    pub(crate) before_as_of: Option<String>,
    /// Für changes: Wissensstand, mit dem verglichen wird
    #[arg(long, value_name = "TAG")]
    pub(crate) before_known_on: Option<String>,
    /// Für changes: Protokoll bis zu dieser Position, mit dem verglichen wird
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) before_position: Option<String>,
    /// Höchstens so viele Zeilen
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) limit: Option<String>,
    /// Nur Zeilen nach dieser Kennung
    #[arg(long, value_name = "KENNUNG")]
    pub(crate) cursor: Option<String>,
}

/// `leitstand <answer>`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Answer {
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) question: Question,
    /// Form: table, json, csv oder csv-de (LEITSTAND_FORMAT)
    #[arg(long, value_name = "F")]
    pub(crate) format: Option<String>,
}

/// `leitstand demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Port auf diesem Rechner; 0: irgendeiner. Ohne Angabe 8080, wenn er frei ist
    #[arg(long, value_name = "P")]
    pub(crate) port: Option<u16>,
    /// Zeigt statt des Beispieljahrs die Tabellen dieses Ordners (mit --profile)
    #[arg(long, value_name = "ORDNER", requires = "profile")]
    pub(crate) feed: Option<PathBuf>,
    /// Profil, nach dem sie gelesen werden (docs/profiles.md)
    #[arg(long, value_name = "DATEI", requires = "feed")]
    pub(crate) profile: Option<PathBuf>,
}

/// `leitstand close-year`.
#[derive(Debug, Args)]
pub(crate) struct CloseYear {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Topf, dessen Haushaltsjahr geschlossen wird
    #[arg(value_name = "TOPF")]
    pub(crate) pot: String,
    /// Tag des Abschlusses; ohne Angabe heute
    #[arg(long, value_name = "TAG")]
    pub(crate) as_of: Option<String>,
    /// Nur vorläufig abgrenzen; ohne Angabe geht es einen Schritt weiter
    #[arg(long, conflicts_with = "final")]
    pub(crate) provisional: bool,
    /// Feststellen
    #[arg(long)]
    pub(crate) r#final: bool,
}

/// `leitstand init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Katalog als YAML oder CSV; sonst der eingebaute (LEITSTAND_CATALOGUE)
    #[arg(long, value_name = "DATEI")]
    pub(crate) catalogue: Option<String>,
    /// Währung aller Beträge, sonst EUR (LEITSTAND_CURRENCY)
    #[arg(long, value_name = "C")]
    pub(crate) currency: Option<String>,
    /// Profil, das Programm und Währung nennt (docs/profiles.md); der Katalog kommt dann aus den Tabellen
    #[arg(long, value_name = "DATEI", conflicts_with = "catalogue")]
    pub(crate) profile: Option<PathBuf>,
}

/// `leitstand feed`.
#[derive(Debug, Args)]
pub(crate) struct Feed {
    /// Ordner, Dateien (CSV, NDJSON), Arbeitsmappen (XLSX, ODS), Pläne (MS-Project-XML); „-“ liest NDJSON von der Standardeingabe
    #[arg(value_name = "PFAD", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) store: Store,
    /// Prüft nur und zeichnet nichts auf; zusammen mit --all-or-nothing ebenso
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Zeichnet nichts auf, wenn auch nur eine Zeile abgewiesen würde
    #[arg(long)]
    pub(crate) all_or_nothing: bool,
    /// Tabelle der Datei oder der Standardeingabe
    #[arg(long, value_name = "TABELLE")]
    pub(crate) table: Option<String>,
    /// Wohin abgewiesene Zeilen geschrieben werden; sonst neben die Eingabe
    #[arg(long, value_name = "DATEI")]
    pub(crate) rejects: Option<PathBuf>,
    /// Profil, nach dem fremde Tabellen gelesen werden (docs/profiles.md)
    #[arg(long, value_name = "DATEI", conflicts_with = "table")]
    pub(crate) profile: Option<PathBuf>,
    /// Wohin mit --profile jede nicht genommene Zelle geschrieben wird (CSV)
    #[arg(long, value_name = "DATEI", requires = "profile")]
    pub(crate) account: Option<PathBuf>,
    /// Form des Berichts: text oder json
    #[arg(long, value_enum, default_value_t = TextOrJson::Text, value_name = "F")]
    pub(crate) format: TextOrJson,
}

/// `leitstand explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Name der Auskunft, z. B. funds
    #[arg(value_name = "AUSKUNFT")]
    pub(crate) answer: String,
    /// Wie die Zeile heißt, z. B. T-ORG; siehe unten
    #[arg(value_name = "ZEILE")]
    pub(crate) row: String,
    /// Ein Feld oder mehrere, z. B. free
    #[arg(value_name = "FELD", required = true)]
    pub(crate) fields: Vec<String>,
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) question: Question,
    /// Form: text oder json
    #[arg(long, value_enum, default_value_t = TextOrJson::Text, value_name = "F")]
    pub(crate) format: TextOrJson,
}

/// `leitstand calc`.
#[derive(Debug, Args)]
pub(crate) struct Calc {
    /// Der Kern: shares oder votes
    #[arg(value_name = "KERN")]
    pub(crate) kernel: String,
}

/// `leitstand events`.
#[derive(Debug, Args)]
pub(crate) struct Events {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Nur Ereignisse nach dieser Position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    pub(crate) after: u64,
    /// Bleibt dran und gibt neue Ereignisse aus, bis zum Abbruch
    #[arg(long)]
    pub(crate) follow: bool,
    /// Nur dieser Strom, z. B. pot-T-ORG
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
    /// Form: text oder json (CloudEvents, eines je Zeile)
    #[arg(long, value_enum, default_value_t = TextOrJson::Text, value_name = "F")]
    pub(crate) format: TextOrJson,
}

/// `leitstand audit …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Prüft jede Kette, den Kopf und alle Siegel
    Verify(Verify),
}

/// `leitstand audit verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Ein anderswo aufbewahrter Kopf, wie ihn diese Prüfung ausgibt
    #[arg(long, value_name = "ANZAHL:KOPF")]
    pub(crate) expect: Option<String>,
    /// Form: text oder json
    #[arg(long, value_enum, default_value_t = TextOrJson::Text, value_name = "F")]
    pub(crate) format: TextOrJson,
}

/// `leitstand backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Ein neuer Ordner für die Sicherung
    #[arg(short, long, value_name = "ORDNER")]
    pub(crate) output: PathBuf,
}

/// `leitstand restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Der Ordner der Sicherung
    #[arg(long, value_name = "ORDNER")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) store: Store,
}

/// `leitstand copy`.
#[derive(Debug, Args)]
pub(crate) struct Copy {
    /// Der Speicher, aus dem kopiert wird: sqlite:PFAD oder nats://RECHNER:PORT/PROGRAMM
    #[arg(long, value_name = "S")]
    pub(crate) from: String,
    /// Der Speicher, in den kopiert wird; er ist leer oder hält den Anfang derselben Kopie
    #[arg(long, value_name = "S")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) nats: NatsAccess,
}

/// `leitstand erase`.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Positionen der Ereignisse, deren Freitexte gelöscht werden
    #[arg(long = "event", value_name = "POSITION", required = true, num_args = 1..)]
    pub(crate) events: Vec<u64>,
    /// Der Grund in den Worten einer Regel; keine Namen
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// `leitstand serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) store: Store,
    /// Adresse, sonst 127.0.0.1:8080 (LEITSTAND_LISTEN)
    #[arg(long, value_name = "ADRESSE")]
    pub(crate) listen: Option<String>,
    /// Datei mit den Zugängen (LEITSTAND_TOKENS)
    #[arg(long, value_name = "DATEI")]
    pub(crate) tokens: Option<String>,
    #[command(flatten)]
    pub(crate) nats: Nats,
}

/// NATS beside HTTP.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Nats {
    /// NATS-Server für Zeilen, Ereignisse und Fragen, z. B. nats://127.0.0.1:4222 (LEITSTAND_NATS)
    #[arg(long = "nats", value_name = "URL")]
    pub(crate) servers: Option<String>,
    /// Auf wie vielen Servern eines NATS-Clusters die Streams liegen (LEITSTAND_NATS_REPLICAS); sonst 1
    #[arg(long = "nats-replicas", value_name = "N")]
    pub(crate) replicas: Option<String>,
    /// Überwachung der NATS-Server, die nach sync_interval gefragt wird (LEITSTAND_NATS_MONITOR)
    #[arg(long = "nats-monitor", value_name = "RECHNER:PORT,…")]
    pub(crate) monitor: Option<String>,
}

/// `leitstand doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) nats: Nats,
}

/// `leitstand schema`.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// feeds, events, openapi oder asyncapi
    #[arg(value_enum, value_name = "WAS")]
    pub(crate) what: Described,
}

/// `leitstand config …`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Zeigt jeden Wert und woher er kommt
    Show(Shown),
}

/// `leitstand config show`.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    #[command(flatten)]
    pub(crate) store: Store,
}

/// `leitstand ready`.
#[derive(Debug, Args)]
pub(crate) struct Ready {
    /// Adresse des Servers
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
}

/// Text or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What `schema` describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Described {
    /// The feed tables.
    Feeds,
    /// The stored events.
    Events,
    /// The HTTP interface.
    Openapi,
    /// What is said over NATS.
    Asyncapi,
}
