//! Comparing and shortening what people write.

use crate::nearest;

/// One line: line breaks and runs of blanks become one blank.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// For comparing: one line; case does not matter, nor whether an umlaut is one letter or, as some machines
/// write it, a vowel and a diaeresis.
pub(super) fn folded(text: &str) -> String {
    let text = squeezed(text).to_lowercase();
    if !text.contains('\u{308}') {
        return text;
    }
    let umlauts = [("a\u{308}", "ä"), ("o\u{308}", "ö"), ("u\u{308}", "ü")];
    let whole = |text: String, (two, one): (&str, &str)| text.replace(two, one);
    umlauts.into_iter().fold(text, whole)
}

/// A text in which `*` stands for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    parts: Vec<String>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        let folded = folded(text);
        Self {
            parts: folded.split('*').map(str::to_owned).collect(),
        }
    }

    /// Whether a text is of this form; case and runs of blanks do not matter.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text = folded(text);
        let mut rest = text.as_str();
        let last = self.parts.len() - 1; // splitting gives at least one part
        for (at, part) in self.parts.iter().enumerate() {
            let found = match at {
                0 if at == last => return rest == part,
                0 => rest.strip_prefix(part.as_str()),
                _ if at == last => return rest.ends_with(part.as_str()),
                _ => rest
                    .find(part.as_str())
                    .and_then(|place| rest.get(place + part.len()..)),
            };
            match found {
                Some(after) => rest = after,
                None => return false,
            }
        }
        true
    }

    /// How much of it is said: the longer pattern is the more exact one.
    pub(super) fn weight(&self) -> usize {
        self.parts.iter().map(String::len).sum()
    }
}

/// What somebody may have meant, else what there is, in German and English.
pub(super) fn hint<'a>(
    written: &str,
    words: impl Iterator<Item = &'a str> + Clone,
) -> (String, String) {
    if let Some(near) = nearest(written, words.clone()) {
        let de = format!("gemeint sein kann „{near}“");
        return (de, format!("`{near}` may be meant"));
    }
    let all = crate::finding::shortened(&words.collect::<Vec<_>>().join(", "));
    (format!("es gibt: {all}"), format!("there are: {all}"))
}

/// Longest id made of a name, in bytes.
const LONGEST: usize = 80;

/// An id made of a name: small letters, digits and `-`. Empty if the name has neither letter nor digit
/// of the Latin alphabet.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.to_lowercase().chars() {
        let latin = match letter {
            'ä' => "ae",
            'ö' => "oe",
            'ü' => "ue",
            'ß' => "ss",
            _ => "",
        };
        slug.push_str(latin);
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if latin.is_empty() && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST); // only ASCII is in it
    slug.trim_end_matches('-').to_owned()
}

/// The letters of a column, from 0: `A`, `B`, …, `AA`.
pub(super) fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or_default());
        if rest < 26 {
            break;
        }
        rest = rest / 26 - 1;
    }
    letters.iter().rev().map(|it| char::from(*it)).collect()
}

/// The column of its letters, from 0.
pub(super) fn column_of(letters: &str) -> Option<usize> {
    if letters.is_empty() || letters.len() > 4 {
        return None;
    }
    let number = letters.bytes().try_fold(0_usize, |sum, letter| {
        let letter = letter.to_ascii_uppercase();
        letter
            .is_ascii_uppercase()
            .then(|| sum * 26 + usize::from(letter - b'A') + 1)
    });
    number.map(|it| it - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fits) in [
            ("Exempt*", "exempt  under\r\nSection 43", true),
            ("exempt", "Exempt under", false),
            ("uk_2019*.csv", "UK_2019_v2.csv", true),
            ("uk_2019*.csv", "uk_2019.csv.bak", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text:?}");
        }
    }

    #[test]
    fn an_umlaut_of_two_letters_is_one() {
        assert_eq!(folded(" GRU\u{308}N  Ö"), "grün ö");
    }

    #[test]
    fn an_id_of_a_name_is_latin_and_short() {
        assert_eq!(
            slug("Süd-Link & Größe (2. Stufe)"),
            "sued-link-groesse-2-stufe"
        );
        assert_eq!(slug("— ?"), "");
        assert_eq!(slug(&"ab ".repeat(60)).len(), 80);
    }

    #[test]
    fn columns_have_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), name);
            assert_eq!(column_of(name), Some(column));
        }
        assert_eq!(column_of("A1"), None);
        assert_eq!(column_of(""), None);
    }
}
