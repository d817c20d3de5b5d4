//! What the help of each command says beside its options: two examples and the exit codes.

use leitstand_domain::tables::MONEY;

use crate::exit::Exit::{
    self, Conflict, Done, Failure, Findings, Integrity, Interrupted, NotAllowed, Unreachable, Usage,
};

/// The help page of a command.
pub(super) struct Page {
    /// The command with its parents.
    pub(super) name: &'static str,
    /// Two calls.
    pub(super) examples: [&'static str; 2],
    /// How it may end.
    pub(super) exits: &'static [Exit],
    /// Further text.
    pub(super) more: &'static str,
}

/// Groups of commands, as the first page of the help lists them.
pub(super) const GROUPS: [(&str, &[&str]); 6] = [
    ("Anfangen", &["demo", "init", "feed"]),
    ("Auskünfte", &[]),
    ("Nachprüfen", &["explain", "calc", "events", "audit"]),
    ("Abschließen", &["close-year"]),
    ("Bewahren", &["backup", "restore", "copy", "erase"]),
    ("Betreiben", &["serve", "doctor", "config", "schema"]),
];

const TOKENS: &str = "\
Zugänge: Ohne --tokens hört der Server nur auf diesem Rechner, und alles wird als „local“ aufgezeichnet.
Mit --tokens DATEI braucht jede Anfrage „Authorization: Bearer TOKEN“. Die Datei ist TOML:

  [[token]]
  sha256 = \"…\"               # SHA-256 des Tokens: printf %s TOKEN | sha256sum
  pseudonym = \"pmo-1\"        # so steht es im Protokoll; kein Name einer Person
  role = \"feed\"              # read, feed, finance oder audit
  bodies = [\"B-FITKO\"]       # meldende Stellen, für die Zeilen kommen dürfen; leer: alle
  pillars = [\"DG\"]           # Säulen, die gelesen und gemeldet werden dürfen; leer: alle

  read     Auskünfte
  feed     Auskünfte; alle Tabellen außer Geld ({MONEY})
  finance  Auskünfte; die Geldtabellen und ihre Berichtigungen
  audit    Auskünfte, Erklärungen und Protokoll; nichts schreiben

";

const CLOSING: &str = "\
Ein Haushaltsjahr ist offen, vorläufig abgegrenzt oder festgestellt. Ohne --provisional und --final geht es
einen Schritt weiter; was schon so ist, wird nicht noch einmal festgehalten. Nach der Abgrenzung mindert ein
Rückfluss (refund) die Ausgaben nicht mehr, sondern steht als zurückgezahlt. Übertragen wird durch Beschluss
(Tabelle carry_overs), angerechnet je Partner nach der Kostenteilung des Ursprungsjahrs (Auskunft year-end).

";

const ROWS: &str = "\
Eine Zeile heißt nach den Feldern, die sie in ihrer Auskunft benennen, mit / verbunden; leere fehlen darin:

  id             die meisten Auskünfte, z. B. requests, milestones, decisions
  measure        status, plans
  pot            funds
  partner        shares
  paper          votes; die Zeile zu --yes heißt yes
  fiscal_year    outlook
  position       trail
  id/indicator   goals
  kind/id/since  obligations
  from/kind/to   dependencies
  kind/id/field  changes

Die Kennung (id) allein genügt, wo nur eine Zeile sie hat. summary heißt die Zusammenfassung.

";

/// What is said after the options, with the money tables where they are named.
pub(super) fn more(page: &Page) -> String {
    let mut lines = vec![String::new()];
    for table in MONEY {
        let line = lines.last().map_or(0, String::len);
        if line + table.len() > 70 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(table);
            line.push_str(", ");
        }
    }
    let lines: Vec<&str> = lines.iter().map(|it| it.trim_end()).collect();
    let money = lines.join("\n           ");
    page.more.replace("{MONEY}", money.trim_end_matches(','))
}

/// Every page; answers share one.
pub(super) const PAGES: &[Page] = &[
    Page {
        name: "demo",
        examples: [
            "leitstand demo",
            "leitstand demo --feed ordner/ --profile profil.toml",
        ],
        exits: &[Done, Failure, Usage],
        more: "",
    },
    Page {
        name: "init",
        examples: [
            "leitstand init --store sqlite:leitstand.db",
            "leitstand init --store sqlite:p.db --catalogue katalog.yaml --programme mein-programm",
        ],
        exits: &[
            Done,
            Failure,
            Usage,
            Findings,
            NotAllowed,
            Unreachable,
            Integrity,
        ],
        more: "",
    },
    Page {
        name: "feed",
        examples: [
            "leitstand feed --store sqlite:leitstand.db ordner/ mappe.xlsx",
            "leitstand feed --table status_reports --dry-run --format json - < zeilen.ndjson",
        ],
        exits: &[
            Done,
            Failure,
            Usage,
            Findings,
            Conflict,
            NotAllowed,
            Unreachable,
            Integrity,
            Interrupted,
        ],
        more: "",
    },
    Page {
        name: "explain",
        examples: [
            "leitstand explain funds T-ORG free --as-of 2024-12-31",
            "leitstand explain status DG-M-01 reported.overall computed.overall --format json",
        ],
        exits: &[Done, Failure, Usage, NotAllowed, Unreachable, Integrity],
        more: ROWS,
    },
    Page {
        name: "shares",
        examples: [
            "leitstand shares --amount 1100000,00 --cost-share 25/75 --key-year 2019",
            "leitstand shares --pot T-ORG --as-of 2024-12-31 --format csv-de > anteile.csv",
        ],
        exits: ANSWER_EXITS,
        more: "",
    },
    Page {
        name: "votes",
        examples: [
            "leitstand votes --paper V-45-07 --as-of 2024-12-31",
            "leitstand votes --yes BUND,BW,BY,BE,BB,HB,HH,HE,MV,NI,RP,SL,SN,ST,SH,TH --key-year 2019",
        ],
        exits: ANSWER_EXITS,
        more: "",
    },
    Page {
        name: "trail",
        examples: [
            "leitstand trail --id A-24-05 --as-of 2024-12-31 --format json",
            "leitstand trail --id DG-M-01 --as-of 2024-12-31",
        ],
        exits: ANSWER_EXITS,
        more: "",
    },
    Page {
        name: "changes",
        examples: [
            "leitstand changes --as-of 2024-12-31 --before-as-of 2024-11-13",
            "leitstand changes --as-of 2024-09-30 --before-known-on 2024-09-30",
        ],
        exits: ANSWER_EXITS,
        more: "",
    },
    Page {
        name: "calc",
        examples: [
            "echo '{\"amount\":\"1100000.00\",\"cost_share\":\"25/75\",\"key_year\":2019}' | leitstand calc shares",
            "leitstand calc votes < eingabe.json",
        ],
        exits: &[Done, Failure, Usage],
        more: "",
    },
    Page {
        name: "events",
        examples: [
            "leitstand events --stream pot-T-ORG",
            "leitstand events --after 700 --follow --format json",
        ],
        exits: &[
            Done,
            Failure,
            Usage,
            NotAllowed,
            Unreachable,
            Integrity,
            Interrupted,
        ],
        more: "",
    },
    Page {
        name: "audit",
        examples: [
            "leitstand audit verify",
            "leitstand audit verify --expect 712:2c26b46b…",
        ],
        exits: &[Done, Usage, NotAllowed, Unreachable, Integrity],
        more: "",
    },
    Page {
        name: "audit verify",
        examples: [
            "leitstand audit verify",
            "leitstand audit verify --expect 712:2c26b46b… --format json",
        ],
        exits: &[Done, Usage, NotAllowed, Unreachable, Integrity],
        more: "",
    },
    Page {
        name: "backup",
        examples: [
            "leitstand backup -o sicherung-2024-12-31",
            "leitstand backup --store sqlite:p.db -o /sicherung/p",
        ],
        exits: &[Done, Failure, Usage, Unreachable, Integrity],
        more: "",
    },
    Page {
        name: "restore",
        examples: [
            "leitstand restore --from sicherung-2024-12-31 --store sqlite:neu.db",
            "leitstand restore --from /sicherung/p --store sqlite:p.db",
        ],
        exits: &[Done, Failure, Usage, Unreachable, Integrity],
        more: "",
    },
    Page {
        name: "close-year",
        examples: [
            "leitstand close-year T-ORG --as-of 2025-01-31",
            "leitstand close-year T-ORG --final --store sqlite:leitstand.db",
        ],
        exits: &[
            Done,
            Failure,
            Usage,
            Findings,
            Conflict,
            Unreachable,
            Integrity,
        ],
        more: CLOSING,
    },
    Page {
        name: "copy",
        examples: [
            "leitstand copy --from sqlite:leitstand.db --to nats://n1:4222,n2:4222,n3:4222/spt-dd?replicas=3",
            "leitstand copy --from nats://127.0.0.1:4222/spt-dd --to sqlite:kopie.db",
        ],
        exits: &[
            Done,
            Failure,
            Usage,
            Conflict,
            NotAllowed,
            Unreachable,
            Integrity,
            Interrupted,
        ],
        more: "",
    },
    Page {
        name: "erase",
        examples: [
            "leitstand erase --event 815 --reason \"Art. 17 DSGVO\"",
            "leitstand erase --event 815 816 --reason \"Aufbewahrungsfrist abgelaufen\"",
        ],
        exits: &[
            Done,
            Failure,
            Usage,
            Findings,
            Conflict,
            NotAllowed,
            Unreachable,
            Integrity,
        ],
        more: "",
    },
    Page {
        name: "serve",
        examples: [
            "leitstand serve --store sqlite:leitstand.db",
            "leitstand serve --listen 0.0.0.0:8080 --tokens zugaenge.toml",
        ],
        exits: &[Done, Failure, Usage, NotAllowed, Unreachable, Integrity],
        more: TOKENS,
    },
    Page {
        name: "doctor",
        examples: [
            "leitstand doctor",
            "leitstand doctor --store sqlite:p.db --nats nats://127.0.0.1:4222 --nats-monitor 127.0.0.1:8222",
        ],
        exits: &[Done, Failure, Usage],
        more: "",
    },
    Page {
        name: "schema",
        examples: [
            "leitstand schema feeds",
            "leitstand schema events > ereignisse.json",
        ],
        exits: &[Done, Usage],
        more: "",
    },
    Page {
        name: "config",
        examples: [
            "leitstand config show",
            "LEITSTAND_LOG=debug leitstand config show",
        ],
        exits: &[Done, Usage],
        more: "",
    },
    Page {
        name: "config show",
        examples: [
            "leitstand config show",
            "leitstand --config andere.toml config show",
        ],
        exits: &[Done, Usage],
        more: "",
    },
    Page {
        name: "ready",
        examples: [
            "leitstand ready",
            "leitstand ready --url http://127.0.0.1:9000",
        ],
        exits: &[Done, Usage, Unreachable],
        more: "",
    },
];

/// How an answer may end.
pub(super) const ANSWER_EXITS: &[Exit] =
    &[Done, Failure, Usage, NotAllowed, Unreachable, Integrity];
