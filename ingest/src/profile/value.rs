//! How a cell is read: as text, date, decimal number or word of a list, or as missing with a reason.

use super::{
    date::{DateForm, WithoutDay},
    decimal::{Exact, Notation},
    missing::Missing,
    part::{Part, Problems},
    words::{folded, hint, squeezed},
};
use crate::{Finding, GridCell, grid::plain_number, workbook::doubt};

/// A `[fields.NAME]` of a profile.
#[derive(Debug)]
pub(super) enum Reader {
    /// As it is written, without blanks around it.
    Text,
    /// A date in one of these forms.
    Date(Dates),
    /// An amount or another number.
    Decimal(Decimal),
    /// A word of a list.
    List(List),
}

/// How dates are written.
#[derive(Debug)]
pub(super) struct Dates {
    forms: Vec<(String, DateForm)>,
    /// Years of two digits begin with this one.
    first_year: i16,
    without_day: WithoutDay,
    strip: Strip,
}

/// What may stand before and after a value: `£`, `Mio. €`, the sign of a footnote; the longest first, for
/// `€` is also the end of `T€`.
#[derive(Debug, Default)]
pub(super) struct Strip(Vec<String>);

impl Strip {
    fn read(part: &mut Part<'_>, problems: &mut Problems) -> Self {
        let mut words = part.texts("strip", problems);
        words.retain(|it| !it.is_empty());
        words.sort_by_key(|it| std::cmp::Reverse(it.len()));
        Self(words)
    }

    /// The text without them.
    fn bare<'t>(&self, text: &'t str) -> &'t str {
        let mut bare = text;
        loop {
            let before = bare;
            for word in &self.0 {
                bare = bare.strip_prefix(word.as_str()).unwrap_or(bare).trim();
                bare = bare.strip_suffix(word.as_str()).unwrap_or(bare).trim();
            }
            if bare == before {
                return bare;
            }
        }
    }
}

/// A number and what is done with it.
#[derive(Debug)]
pub(super) struct Decimal {
    notation: Notation,
    strip: Strip,
    scale: Exact,
    /// An amount: two decimals are written, and more are an error.
    is_amount: bool,
    rounds: bool,
}

/// Words and what they mean here.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Word as written, folded, and its meaning; an empty meaning has no counterpart.
    words: Vec<(String, String, String)>,
    /// Whether other words are taken as they are written.
    others: bool,
    strip: Strip,
}

/// How a file holds a cell. What is no text has no notation: a profile says how texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// As the text somebody wrote.
    Text,
    /// As a number.
    Number,
    /// As a day.
    Date,
}

impl Held {
    /// How a cell is held; the doubtful ones are shown as texts.
    pub(super) fn of(cell: &GridCell) -> Self {
        match cell {
            GridCell::Number(_)
            | GridCell::Worded(_)
            | GridCell::Doubtful {
                code: doubt::MERGED,
                ..
            } => Self::Number,
            GridCell::Date(_) => Self::Date,
            GridCell::Text(_) | GridCell::Doubtful { .. } => Self::Text,
        }
    }
}

/// What a cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Read {
    /// The value in a form our tables take.
    Stated(String),
    /// The same, rounded.
    Rounded(String),
    /// A word of the list without a counterpart here.
    NoCounterpart,
    /// Nothing is written.
    Empty,
    /// A text that means: missing, for this reason.
    Missing(String),
    /// It can be read as nothing of this.
    Bad(Box<Finding>),
}

impl Read {
    /// The value, if there is one.
    pub(super) fn stated(&self) -> Option<&str> {
        match self {
            Self::Stated(text) | Self::Rounded(text) => Some(text),
            Self::NoCounterpart | Self::Empty | Self::Missing(_) | Self::Bad(_) => None,
        }
    }
}

/// The parts of a profile's `[fields.NAME]`.
pub(super) fn reader(
    mut part: Part<'_>,
    lists: &[(String, List)],
    problems: &mut Problems,
) -> (Reader, Option<String>) {
    let kinds = [
        ("text", 't'),
        ("date", 'd'),
        ("amount", 'a'),
        ("number", 'n'),
        ("list", 'l'),
    ];
    let kind = part.word("kind", &kinds, problems);
    let mut list = None;
    let reader = match kind {
        Some('d') => date(&mut part, problems),
        Some('a') => decimal(&mut part, true, problems),
        Some('n') => decimal(&mut part, false, problems),
        Some('l') => {
            list = part.needed("list", problems);
            let names = lists.iter().map(|(name, _)| name.as_str());
            if let Some(list) = list
                .as_deref()
                .filter(|it| !names.clone().any(|name| name == *it))
            {
                problems.unknown(&part.place("list"), list, names);
            }
            let words = [("refuse", false), ("as_written", true)];
            let others = part.word("others", &words, problems).unwrap_or(false);
            Reader::List(List {
                words: Vec::new(),
                others,
                strip: Strip::read(&mut part, problems),
            })
        }
        _ => Reader::Text,
    };
    part.end(problems);
    (reader, list)
}

impl List {
    /// A `[values.NAME]` of a profile: meaning by word.
    pub(super) fn new(words: impl IntoIterator<Item = (String, String)>) -> Self {
        let word = |(word, meaning): (String, String)| {
            let key = folded(&word);
            (word, key, meaning)
        };
        Self {
            words: words.into_iter().map(word).collect(),
            ..Self::default()
        }
    }

    /// Takes the words of a list of the profile.
    pub(super) fn take_words(&mut self, other: &Self) {
        self.words.clone_from(&other.words);
    }

    fn read(&self, text: &str, held: Held) -> Read {
        let text = self.strip.bare(text);
        let find = |text: &str| {
            let key = folded(text);
            self.words.iter().find(|(_, word, _)| *word == key)
        };
        let plain = || find(&plain_number(text));
        match find(text).or_else(|| plain().filter(|_| held == Held::Number)) {
            Some((_, _, meaning)) if meaning.is_empty() => Read::NoCounterpart,
            Some((_, _, meaning)) => Read::Stated(meaning.clone()),
            None if self.others => Read::Stated(squeezed(text)),
            None => Read::Bad(Box::new(self.unknown(text))),
        }
    }

    fn unknown(&self, text: &str) -> Finding {
        let (de, en) = hint(text, self.words.iter().map(|(word, _, _)| word.as_str()));
        Finding::new(
            "unknown_value",
            format!("Dieser Wert steht nicht in der Werteliste des Profils; {de}"),
            format!("This value is not in the profile's list of values; {en}"),
        )
    }
}

fn date(part: &mut Part<'_>, problems: &mut Problems) -> Reader {
    let mut forms = Vec::new();
    for text in part.texts("formats", problems) {
        match DateForm::read(&text) {
            Some(form) => forms.push((text, form)),
            None => problems.add(
                &part.place("formats"),
                format!("„{text}“ ist keine Form eines Datums; richtig ist z. B. TT.MM.JJJJ oder JJJJ-MM-TT"),
                format!("`{text}` is not a form of a date; write e.g. DD.MM.YYYY or YYYY-MM-DD"),
            ),
        }
    }
    if forms.is_empty() {
        let usual =
            ["JJJJ-MM-TT", "TT.MM.JJJJ"].map(|it| Some((it.to_owned(), DateForm::read(it)?)));
        forms.extend(usual.into_iter().flatten());
    }
    let first = part.count("two_digit_years_from", problems);
    if first.is_none() && forms.iter().any(|(_, form)| form.has_short_year()) {
        problems.add(
            &part.place("two_digit_years_from"),
            "Bei zweistelligen Jahren ist anzugeben, ab welchem Jahr sie zählen, z. B. 1990",
            "With two-digit years, state the year they count from, as in 1990",
        );
    }
    let days = [
        ("first", WithoutDay::First),
        ("last", WithoutDay::Last),
        ("friday", WithoutDay::Friday),
    ];
    let without = part.word("without_day", &days, problems);
    let is_of_week = |(_, it): &(String, DateForm)| it.has_day() || it.has_week();
    if without == Some(WithoutDay::Friday) && !forms.iter().all(is_of_week) {
        problems.add(
            &part.place("without_day"),
            "Einen Freitag hat nur die Woche; bei Monaten, Quartalen und Jahren zählt „first“ oder „last“",
            "Only a week has one Friday; of months, quarters and years `first` or `last` counts",
        );
    }
    if without.is_none() && forms.iter().any(|(_, form)| !form.has_day()) {
        problems.add(
            &part.place("without_day"),
            "Ohne Tag ist anzugeben, welcher zählt: without_day = \"last\" (der letzte des Monats, Quartals oder Jahres) oder \"first\"",
            "Without a day, state which one counts: without_day = \"last\" (the last of month, quarter or year) or \"first\"",
        );
    }
    Reader::Date(Dates {
        forms,
        first_year: i16::try_from(first.unwrap_or(1990)).unwrap_or(1990),
        without_day: without.unwrap_or(WithoutDay::Last),
        strip: Strip::read(part, problems),
    })
}

fn decimal(part: &mut Part<'_>, is_amount: bool, problems: &mut Problems) -> Reader {
    let notation = Notation {
        decimal: part.letter("decimal", problems).unwrap_or('.'),
        thousands: part.letter("thousands", problems),
    };
    let usable = |it: char| !it.is_ascii_digit() && !matches!(it, '-' | '−');
    if notation.thousands == Some(notation.decimal)
        || !usable(notation.decimal)
        || !notation.thousands.is_none_or(usable)
    {
        problems.add(
            &part.place("decimal"),
            "Komma- und Tausenderzeichen sind verschieden und keine Ziffern",
            "Decimal and thousands signs differ and are no digits",
        );
    }
    let strip = Strip::read(part, problems);
    let scale = part.text("scale", problems);
    // By 0 every amount would be 0, and below that every sign would turn.
    let factor = scale.as_deref().map_or(Some(Exact::ONE), |it| {
        Exact::read(it, &Notation::PLAIN).filter(|it| it.is_positive())
    });
    if factor.is_none() {
        problems.add(
            &part.place("scale"),
            "Kein Faktor über 0; richtig ist z. B. scale = \"1000000\"",
            "Not a factor above 0; write e.g. scale = \"1000000\"",
        );
    }
    let rounds = is_amount && part.word("round", &[("half_up", ())], problems).is_some();
    Reader::Decimal(Decimal {
        notation,
        strip,
        scale: factor.unwrap_or(Exact::ONE),
        is_amount,
        rounds,
    })
}

impl Reader {
    /// Reads a cell without blanks around it.
    pub(super) fn read(&self, text: &str, held: Held, missing: &Missing) -> Read {
        if text.is_empty() {
            return Read::Empty;
        }
        if matches!(self, Self::Text) {
            return Read::Stated(text.to_owned());
        }
        if let Some(why) = missing.reason(text, held) {
            return Read::Missing(why.to_owned());
        }
        match self {
            Self::Text => Read::Stated(text.to_owned()),
            Self::List(list) => list.read(text, held),
            Self::Decimal(decimal) => decimal.read(text, held),
            Self::Date(_) if held == Held::Date => Read::Stated(text.to_owned()),
            Self::Date(dates) => dates.read(text),
        }
    }

    /// Reads a cell. A doubtful one is taken where the profile says what is meant: errors that count as
    /// missing, numbers with words beside them that it strips, months and years without a day, and numbers
    /// that are to be rounded anyway. Else the code of the doubt.
    pub(super) fn read_cell(
        &self,
        cell: &GridCell,
        missing: &Missing,
    ) -> Result<Read, &'static str> {
        let text = cell.text().trim();
        let GridCell::Doubtful { code, .. } = cell else {
            return match (self.read(text, Held::of(cell), missing), self, cell) {
                (Read::Bad(_), Self::Decimal(_), GridCell::Worded(_)) => Err(doubt::FORMATTED),
                (read, ..) => Ok(read),
            };
        };
        match *code {
            doubt::PART_OF_DATE => match self {
                Self::Date(dates) => dates.part(text).ok_or(*code),
                Self::Text | Self::Decimal(_) | Self::List(_) => Err(*code),
            },
            doubt::MERGED if !self.is_amount() => Ok(self.read(text, Held::Number, missing)),
            // Whatever is rounded away is listed.
            doubt::NOISE | doubt::UNCLEAN | doubt::NOT_SHOWN if self.rounds() => {
                match self.read(text, Held::Number, missing) {
                    Read::Stated(number) | Read::Rounded(number) if has_exact_cents(text) => {
                        Ok(Read::Rounded(number))
                    }
                    Read::Missing(why) => Ok(Read::Missing(why)),
                    _ => Err(code),
                }
            }
            // What stands in a free text is said to be missing nowhere.
            doubt::ERROR if !matches!(self, Self::Text) => {
                let why = missing.reason_of_error(text).ok_or(*code)?;
                Ok(Read::Missing(why.to_owned()))
            }
            code => Err(code),
        }
    }

    /// Whether it reads amounts.
    fn is_amount(&self) -> bool {
        matches!(self, Self::Decimal(it) if it.is_amount)
    }

    /// Whether it rounds amounts.
    fn rounds(&self) -> bool {
        matches!(self, Self::Decimal(it) if it.rounds)
    }

    /// Whether its cells may be shown: free text is not.
    pub(super) fn may_be_shown(&self) -> bool {
        !matches!(self, Self::Text)
    }
}

impl Dates {
    fn read(&self, text: &str) -> Read {
        let text = self.strip.bare(text);
        let date =
            |(_, form): &(String, DateForm)| form.date(text, self.first_year, self.without_day);
        match self.forms.iter().find_map(date) {
            Some(date) => Read::Stated(date.to_string()),
            None => Read::Bad(Box::new(no_date(&self.forms))),
        }
    }

    /// Reads what a workbook shows of a day, as `2024-12`, `2024-Q4` or `2024`, if dates without more may stand
    /// here: some form tells just as much.
    fn part(&self, text: &str) -> Option<Read> {
        let shown = ["JJJJ-MM", "JJJJ-'Q'Q", "JJJJ"];
        let mut shown = shown.into_iter().filter_map(DateForm::read);
        shown.find_map(|it| {
            let date = it.date(text, self.first_year, self.without_day)?;
            let mut forms = self.forms.iter();
            let may_stand = forms.any(|(_, form)| form.tells_as_much_as(&it));
            may_stand.then(|| Read::Stated(date.to_string()))
        })
    }
}

impl Decimal {
    fn read(&self, text: &str, held: Held) -> Read {
        let notation = match held {
            Held::Text => &self.notation,
            Held::Number => &Notation::PLAIN,
            Held::Date => return Read::Bad(Box::new(self.no_number())),
        };
        let bare = self.strip.bare(text);
        let number = Exact::read(bare, notation).and_then(|it| it.times(self.scale));
        let Some(number) = number.map(Exact::shortest) else {
            return Read::Bad(Box::new(self.no_number()));
        };
        if !self.is_amount {
            return Read::Stated(number.written(0));
        }
        match (number.decimals() > 2, self.rounds) {
            (false, _) => Read::Stated(number.written(2)),
            (true, true) => Read::Rounded(number.rounded(2).written(2)),
            (true, false) => Read::Bad(Box::new(too_many_decimals())),
        }
    }

    fn no_number(&self) -> Finding {
        let Notation { decimal, thousands } = self.notation;
        let example = match thousands {
            Some(thousands) => format!("1{thousands}234{decimal}50"),
            None => format!("1234{decimal}50"),
        };
        let code = if self.is_amount {
            "bad_amount"
        } else {
            "bad_number"
        };
        Finding::new(
            code,
            format!(
                "Keine Zahl in der Schreibweise des Profils, z. B. {example}; und kein Text, der dort als fehlend gilt"
            ),
            format!(
                "Not a number in the profile's notation, as in {example}; and no text that counts as missing there"
            ),
        )
    }
}

/// Whether a float of that size is exact to the cent: it has fifteen digits.
fn has_exact_cents(number: &str) -> bool {
    let number = number.trim_start_matches(|it: char| !it.is_ascii_digit());
    let digits = number.bytes().take_while(u8::is_ascii_digit);
    digits.count() <= 13
}

fn no_date(forms: &[(String, DateForm)]) -> Finding {
    let forms: Vec<&str> = forms.iter().map(|(text, _)| text.as_str()).collect();
    let forms = forms.join(", ");
    Finding::new(
        "bad_date",
        format!(
            "Kein Datum in der Form des Profils ({forms}); und kein Text, der dort als fehlend gilt"
        ),
        format!(
            "Not a date in the profile's form ({forms}); and no text that counts as missing there"
        ),
    )
}

fn too_many_decimals() -> Finding {
    Finding::new(
        "too_many_decimals",
        "Mehr als zwei Nachkommastellen; soll gerundet werden, muss das Profil es verlangen: round = \"half_up\"",
        "More than two decimals; if it shall be rounded, the profile must ask for it: round = \"half_up\"",
    )
}
