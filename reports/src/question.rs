//! Options of a question, read the same way from the command line and from a query string.

use leitstand_projections::{Ask, Cell as _, Day, Filter, Page, View};

use crate::Format;

/// Every option of an answer by its name in a query string; on the command line with `-` for `_`.
pub const OPTIONS: &[(&str, &str)] = &[
    (
        "as_of",
        "Stichtag, z. B. 2024-12-31 oder 31.12.2024; ohne Angabe heute",
    ),
    (
        "known_on",
        "Wissensstand am Ende dieses Tages; ohne Angabe alles",
    ),
    (
        "at_position",
        "Protokoll nur bis zu dieser Position; ohne Angabe bis zum Ende",
    ),
    ("pillar", "nur diese Säule"),
    ("measure", "nur diese Maßnahme"),
    ("pot", "nur dieser Topf"),
    ("partner", "nur dieser Partner (BUND, BW, …)"),
    ("amount", "für shares: der Betrag, der aufzuteilen ist"),
    (
        "cost_share",
        "für shares: Kostenteilung Bund/Länder, z. B. 25/75, oder die Kennung einer erfassten",
    ),
    ("key_year", "für shares und votes: Jahr des Schlüssels"),
    ("paper", "für votes: die Vorlage"),
    ("yes", "für votes: wer zustimmen würde, z. B. BUND,BW,BY"),
    ("id", "für trail: der Antrag oder die Maßnahme"),
    ("table", "für trail: nur Zeilen dieser Tabelle"),
    (
        "before_as_of",
        "für changes: Stichtag, mit dem verglichen wird",
    ),
    (
        "before_known_on",
        "für changes: Wissensstand, mit dem verglichen wird",
    ),
    (
        "before_position",
        "für changes: Protokoll bis zu dieser Position, mit dem verglichen wird",
    ),
    ("limit", "höchstens so viele Zeilen"),
    ("cursor", "nur Zeilen nach dieser Kennung"),
    ("format", "json, csv oder csv-de"),
    (
        "min_position",
        "wartet, bis die Auskünfte bis zu dieser Position reichen",
    ),
];

/// More rows than any answer has; a greater `limit` is a mistake.
const MOST_ROWS: u64 = 10_000_000;

/// What is asked, in which form, and how far the facts must have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub ask: Ask,
    /// The form wanted, if one was named.
    pub format: Option<Format>,
    /// The position the facts must have reached.
    pub min_position: Option<u64>,
}

/// An option that is unknown or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadOption {
    /// Stable code.
    pub code: &'static str,
    /// The option as it was named.
    pub name: String,
    /// What is wrong and what would be right, in German.
    pub message: String,
    /// The same in English.
    pub message_en: String,
}

impl BadOption {
    fn new(code: &'static str, name: &str, message: String, message_en: String) -> Self {
        Self {
            code,
            name: name.to_owned(),
            message,
            message_en,
        }
    }
}

impl Question {
    /// Everything known about today.
    #[must_use]
    pub fn of_today(today: Day) -> Self {
        let view = View {
            as_of: today,
            known_on: None,
            at_position: None,
        };
        let ask = Ask {
            view,
            filter: Filter::default(),
            page: Page::default(),
        };
        Self {
            ask,
            format: None,
            min_position: None,
        }
    }

    /// Reads options; an empty value states nothing.
    ///
    /// # Errors
    /// An option that is unknown, named twice, or cannot be read.
    pub fn read<'a>(
        options: impl IntoIterator<Item = (&'a str, &'a str)>,
        today: Day,
    ) -> Result<Self, BadOption> {
        let mut question = Self::of_today(today);
        let mut named: Vec<&str> = Vec::new();
        for (name, value) in options {
            if !OPTIONS.iter().any(|(known, _)| *known == name) {
                let known: Vec<&str> = OPTIONS.iter().map(|(known, _)| *known).collect();
                let (shown, known) = (shown(name), known.join(", "));
                return Err(BadOption::new(
                    "unknown_parameter",
                    name,
                    format!("Die Angabe „{shown}“ gibt es nicht; möglich sind: {known}."),
                    format!("There is no parameter `{shown}`; possible are: {known}."),
                ));
            }
            if named.contains(&name) {
                return Err(BadOption::new(
                    "repeated_parameter",
                    name,
                    format!("„{name}“ ist mehrmals angegeben; bitte nur einmal."),
                    format!("`{name}` is stated more than once; state it once."),
                ));
            }
            named.push(name);
            // A cursor is what an answer gave, and may end with an empty part.
            let trimmed = value.trim();
            let value = if name == "cursor" { value } else { trimmed };
            if !trimmed.is_empty() {
                question.set(name, value)?;
            }
        }
        Ok(question)
    }

    /// The position the facts must have reached to answer it: what P names, and what it waits for.
    #[must_use]
    pub fn reaches(&self) -> Option<u64> {
        self.min_position.max(self.ask.view.at_position)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), BadOption> {
        let Ask { view, filter, page } = &mut self.ask;
        let text = || Some(value.to_owned());
        match name {
            "as_of" => view.as_of = day(name, value)?,
            "known_on" => view.known_on = Some(day(name, value)?),
            "at_position" => view.at_position = Some(number(name, value, 0, u64::MAX >> 11)?),
            "pillar" => filter.pillar = text(),
            "measure" => filter.measure = text(),
            "pot" => filter.pot = text(),
            "partner" => filter.partner = text(),
            "amount" => filter.amount = text(),
            "cost_share" => filter.cost_share = text(),
            "key_year" => filter.key_year = u32::try_from(number(name, value, 1949, 2100)?).ok(),
            "paper" => filter.paper = text(),
            "yes" => filter.yes = text(),
            "id" => filter.id = text(),
            "table" => filter.table = text(),
            "before_as_of" => filter.before.as_of = Some(day(name, value)?),
            "before_known_on" => filter.before.known_on = Some(day(name, value)?),
            "before_position" => {
                filter.before.position = Some(number(name, value, 0, u64::MAX >> 11)?);
            }
            "limit" => page.limit = usize::try_from(number(name, value, 1, MOST_ROWS)?).ok(),
            "cursor" => page.cursor = text(),
            "min_position" => self.min_position = Some(number(name, value, 0, u64::MAX >> 11)?),
            _ => self.format = Some(format(name, value)?),
        }
        Ok(())
    }
}

fn day(name: &str, value: &str) -> Result<Day, BadOption> {
    Day::parse(value).map_err(|bad| {
        let shown = shown(value);
        BadOption::new(
            bad.code,
            name,
            format!("{name}=„{shown}“: {}", bad.de),
            format!("{name}=`{shown}`: {}", bad.en),
        )
    })
}

fn number(name: &str, value: &str, least: u64, most: u64) -> Result<u64, BadOption> {
    value
        .parse()
        .ok()
        .filter(|it| (least..=most).contains(it))
        .ok_or_else(|| {
            let shown = shown(value);
            BadOption::new(
                "bad_number",
                name,
                format!("{name}=„{shown}“ ist keine ganze Zahl zwischen {least} und {most}."),
                format!("{name}=`{shown}` is not a whole number between {least} and {most}."),
            )
        })
}

fn format(name: &str, value: &str) -> Result<Format, BadOption> {
    Format::of(value)
        .filter(|it| *it != Format::Table)
        .ok_or_else(|| {
            let shown = shown(value);
            BadOption::new(
                "bad_format",
                name,
                format!("format=„{shown}“ gibt es nicht; möglich sind: json, csv, csv-de."),
                format!("There is no format=`{shown}`; possible are: json, csv, csv-de."),
            )
        })
}

/// What somebody wrote, short and without control characters.
fn shown(value: &str) -> String {
    value
        .chars()
        .filter(|it| !it.is_control())
        .take(60)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<Question, BadOption> {
        Question::read(options.iter().copied(), Day::FIRST)
    }

    #[test]
    fn without_options_everything_known_about_today_is_asked() {
        assert_eq!(read(&[]), Ok(Question::of_today(Day::FIRST)));
        assert_eq!(
            read(&[("known_on", ""), ("as_of", " ")]),
            Ok(Question::of_today(Day::FIRST))
        );
    }

    #[test]
    fn each_option_lands_where_it_belongs() {
        let question = read(&[
            ("as_of", "31.12.2024"),
            ("pillar", "DG"),
            ("limit", "5"),
            ("format", "csv-de"),
        ]);
        let question = question.expect("good options");
        assert_eq!(question.ask.view.as_of.to_string(), "2024-12-31");
        assert_eq!(question.ask.filter.pillar.as_deref(), Some("DG"));
        assert_eq!(question.ask.page.limit, Some(5));
        assert_eq!(question.format, Some(Format::Csv(crate::Dialect::German)));
    }

    #[test]
    fn what_is_unknown_wrong_or_said_twice_is_refused_with_a_code() {
        for (options, code) in [
            (&[("asof", "2024-12-31")][..], "unknown_parameter"),
            (&[("as_of", "2024-02-30")], "bad_date"),
            (&[("limit", "0")], "bad_number"),
            (&[("limit", "-1")], "bad_number"),
            (&[("key_year", "19")], "bad_number"),
            (&[("format", "table")], "bad_format"),
            (&[("pillar", "DG"), ("pillar", "KI")], "repeated_parameter"),
        ] {
            assert_eq!(
                read(options).map_err(|it| it.code),
                Err(code),
                "{options:?}"
            );
        }
    }
}
