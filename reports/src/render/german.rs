//! Figures and dates as they are written in German.

/// `31.12.2024` of `2024-12-31`; `None` if it is no date.
#[must_use]
pub fn date(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_date = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_date.then(|| format!("{}.{}.{}", &text[8..], &text[5..7], &text[..4]))
}

/// `31.12.2024 17:05 UTC` of `2024-12-31T17:05:12.345Z`; `None` if it is no moment.
#[must_use]
pub fn moment(text: &str) -> Option<String> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let minute = time.get(..5).filter(|it| it.as_bytes()[2] == b':')?;
    Some(format!("{} {minute} UTC", date(day)?))
}

/// Whether a text is a number with decimals, as answers write amounts and rates: `-12.50`.
#[must_use]
pub fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.split_once('.').is_some_and(|(whole, fraction)| {
        (2..=7).contains(&fraction.len())
            && !whole.is_empty()
            && all_digits(whole)
            && all_digits(fraction)
    })
}

/// `1234,50` of `1234.50`.
#[must_use]
pub fn decimal_comma(text: &str) -> String {
    text.replace('.', ",")
}

/// `1.234,50` of `1234.50`.
#[must_use]
pub fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |it| ("-", it));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push(',');
        grouped.push_str(fraction);
    }
    grouped
}

/// Why a number cannot be computed, in German; a phrase that is not known stays as it is.
#[must_use]
pub fn reason(phrase: &str) -> &str {
    match phrase {
        "not assessed" => "noch nicht bewertet",
        "no cost impact stated" => "keine Schadenshöhe angegeben",
        "not assessed or no cost impact stated" => {
            "nicht bewertet oder keine Schadenshöhe angegeben"
        }
        "only for the whole pot" => "gilt nur für den ganzen Topf",
        "nothing granted" => "nichts bewilligt",
        "money of several pots, each by its own scheme" => {
            "Geld mehrerer Töpfe, je nach deren Kostenteilung"
        }
        "nobody said who is present" => "wer anwesend ist, ist nicht angegeben",
        "the budget is 0.00" => "der Ansatz ist 0,00",
        "no forecast and not reached" => "weder Prognose noch Ist-Termin gemeldet",
        "no milestone is due" => "kein Meilenstein ist fällig",
        "not decided" => "nicht entschieden",
        "not resolved" => "nicht beschlossen",
        "no request is decided" => "über keinen Antrag ist entschieden",
        "no open impediment" => "kein offenes Hindernis",
        "no measure in scope" => "keine Maßnahme im Umfang",
        "no measure reported" => "keine Maßnahme hat gemeldet",
        "no milestone due has a forecast or was reached" => {
            "zu keinem fälligen Meilenstein liegt ein Termin vor"
        }
        "the plan states its total only" => "der Plan nennt nur seine Summe",
        "no due date stated" => "keine Frist angegeben",
        "no seat" => "kein Sitz",
        "no indicator" => "kein Indikator",
        "not measured" => "nicht gemessen",
        "nothing measured" => "nichts gemessen",
        "target and base are equal" => "Zielwert und Basiswert sind gleich",
        "no commitment authority is stated" => "keine Verpflichtungsermächtigung angegeben",
        "no outflow is planned" => "kein Abfluss geplant",
        "no need is stated" => "kein Bedarf angegeben",
        "no cost key in force" => "kein Kostenschlüssel in Kraft",
        "no cost share stated" => "keine Kostenteilung angegeben",
        "no key year stated" => "kein Schlüsseljahr angegeben",
        "no rest that is to be credited" => "kein Rest, der anzurechnen ist",
        "no paper deadline stated" => "keine Vorlagenfrist angegeben",
        "no sitting known" => "keine Sitzung bekannt",
        "no votes recorded" => "keine Stimmen erfasst",
        "not resolved on the reporting date" => "am Stichtag nicht beschlossen",
        "the amount is too large" => "der Betrag ist zu groß",
        "the pot is not resolved" => "der Topf ist nicht beschlossen",
        "the pot states no cost share" => "der Topf nennt keine Kostenteilung",
        "the pot states no key year" => "der Topf nennt kein Schlüsseljahr",
        "the pot's cost-sharing scheme does not hold" => "die Kostenteilung des Topfes gilt nicht",
        other => other,
    }
}

/// Letter and shape of a colour: a mark that needs no colour to be read.
#[must_use]
pub fn mark(colour: &str) -> Option<&'static str> {
    match colour {
        "green" => Some("G ●"),
        "amber" => Some("A ▲"),
        "red" => Some("R ■"),
        "none" => Some("– ○"),
        _ => None,
    }
}

/// A colour as an adjective.
#[must_use]
pub fn colour(word: &str) -> &'static str {
    match word {
        "green" => "grün",
        "amber" => "gelb",
        "red" => "rot",
        _ => "ohne Angabe",
    }
}

/// Small numbers as words, as at the beginning of a sentence.
#[must_use]
pub fn count(number: usize) -> String {
    const WORDS: [&str; 13] = [
        "Null", "Eine", "Zwei", "Drei", "Vier", "Fünf", "Sechs", "Sieben", "Acht", "Neun", "Zehn",
        "Elf", "Zwölf",
    ];
    WORDS
        .get(number)
        .map_or_else(|| number.to_string(), |it| (*it).to_owned())
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_figures_are_told_from_text() {
        assert_eq!(date("2024-12-31").as_deref(), Some("31.12.2024"));
        assert_eq!(date("2024/12/31"), None);
        assert_eq!(date("ä024-12-31"), None);
        assert_eq!(
            moment("2024-12-31T17:05:12.345Z").as_deref(),
            Some("31.12.2024 17:05 UTC")
        );
        assert_eq!(moment("2024-12-31"), None);
        assert_eq!(moment("TÜV-Z"), None);
        assert!(is_decimal("-12.50") && is_decimal("0.00") && is_decimal("1.5000000"));
        for text in [
            "12",
            "1.5",
            "DG-M-01.10",
            ".50",
            "1.",
            "-",
            "1.2.30",
            "1.50 €",
        ] {
            assert!(!is_decimal(text), "{text}");
        }
    }

    #[test]
    fn thousands_have_dots_and_decimals_a_comma() {
        assert_eq!(grouped("1234567.89"), "1.234.567,89");
        assert_eq!(grouped("-123.00"), "-123,00");
        assert_eq!(grouped("1000"), "1.000");
        assert_eq!(decimal_comma("1234.5"), "1234,5");
    }
}
