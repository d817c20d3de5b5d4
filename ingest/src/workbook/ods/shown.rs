//! What the text of an ODS cell shows of its number or day: which digits, and what stands beside them.

use crate::{
    grid::GridCell,
    workbook::{
        Currency,
        date::{self, Part},
        doubt,
        number::{self, Digits, Frame, Plain},
    },
};

/// Signs of a number, which are not what stands beside it.
const SIGNS: [char; 5] = ['-', '+', '−', '(', ')'];

/// What groups digits or parts the whole from the rest; blanks group as well.
const MARKS: [char; 4] = [',', '.', '\'', '’'];

/// How often thousands may be left out.
const LEFT_OUT: i32 = 3;

/// The cell of a number that is shown as this text; `foreign` is its currency if it is not the programme's.
pub(super) fn number(value: &str, shown: &str, own: &Currency, foreign: Option<&str>) -> GridCell {
    let strange = || doubt::cell(shown, doubt::FORMATTED);
    let Some(plain) = Plain::parse(value.trim()) else {
        return doubt::cell(value, doubt::BAD_NUMBER);
    };
    let Some((before, figures, after)) = parted(shown) else {
        // Nothing, or a dash for 0.
        let is_plain = shown.trim().is_empty() || plain.is_zero() && !own.has_words(shown);
        return if is_plain && foreign.is_none() {
            number::number(value, Digits::All, &Frame::default())
        } else {
            strange()
        };
    };
    let mut frame = Frame::default();
    let (beside, behind) = unsigned(plain, before, after);
    for (words, beside) in [(&mut frame.before, beside), (&mut frame.after, behind)] {
        if own.has_words(beside) {
            beside.clone_into(words);
        }
    }
    if let Some(code) = foreign.filter(|_| !frame.has_words()) {
        frame.after = format!(" {code}");
    }
    // Words say that thousands are left out.
    let most = if frame.has_words() { LEFT_OUT } else { 0 };
    let found = (0..=most).find_map(|times| {
        let power = -3 * times;
        Some((power, places(plain.times(power), figures, before)?))
    });
    let Some((power, (digits, zeros))) = found else {
        return strange();
    };
    (frame.power, frame.zeros) = (power, zeros);
    number::number(value, digits, &frame)
}

/// The same of a percentage.
pub(super) fn percent(value: &str, shown: &str, own: &Currency) -> GridCell {
    let frame = Frame::percent();
    let bare = shown.replace('%', "");
    let Some(plain) = Plain::parse(value.trim()) else {
        return doubt::cell(value, doubt::BAD_NUMBER);
    };
    let digits = match parted(&bare) {
        _ if shown.trim().is_empty() => Some(Digits::All),
        Some((before, figures, after)) if !own.has_words(before) && !own.has_words(after) => {
            let places = places(plain.times(frame.power), figures, before);
            places.map(|(digits, _)| digits)
        }
        _ => None,
    };
    match digits {
        Some(digits) => number::number(value, digits, &frame),
        None => doubt::cell(shown, doubt::FORMATTED),
    }
}

/// What stands before the figures of a text, from the first digit to the last, and behind them.
fn parted(shown: &str) -> Option<(&str, &str, &str)> {
    let is_digit = |it: char| it.is_ascii_digit();
    let (first, last) = (shown.find(is_digit)?, shown.rfind(is_digit)?);
    let (before, rest) = shown.split_at(first);
    let (figures, after) = rest.split_at(last + 1 - first);
    Some((before, figures, after))
}

/// What stands beside a number without its sign, which is also shown by brackets.
fn unsigned<'t>(plain: Plain, before: &'t str, after: &'t str) -> (&'t str, &'t str) {
    if !plain.is_negative() {
        return (before, after);
    }
    let near = before.trim_end().strip_suffix(SIGNS);
    let before = near.unwrap_or_else(|| before.trim_start_matches(SIGNS));
    (before, after.trim_end_matches(SIGNS))
}

/// Which digits of a number are shown by these figures, and at least how many before the point; `None` if they
/// are those of another number. The text does not say which of its marks is the point.
fn places(plain: Plain, figures: &str, before: &str) -> Option<(Digits, usize)> {
    let plain = plain.without_noise().unwrap_or(plain);
    if let Some((mantissa, exponent)) = figures.split_once(['E', 'e']) {
        exponent.parse::<i32>().ok()?;
        return leading(plain, mantissa).map(|it| (it, 0));
    }
    let may_stand = |it: char| it.is_ascii_digit() || it.is_whitespace() || MARKS.contains(&it);
    if !figures.chars().all(may_stand) {
        return None;
    }
    let digits = digits_of(figures);
    let behind = match figures.rsplit_once(MARKS) {
        Some((_, behind)) => digits_of(behind).len(),
        None if before.ends_with(MARKS) => digits.len(),
        None => 0,
    };
    let zeros_before = |behind: usize| {
        let (whole, fraction) = plain.rounded(behind).parts();
        let all = format!("{whole}{fraction:0<behind$}");
        match digits.strip_suffix(&*all) {
            Some(zeros) => zeros.bytes().all(|it| it == b'0').then_some(zeros.len()),
            // A 0 before the point need not be shown.
            None => (behind > 0 && all.strip_prefix('0') == Some(&*digits)).then_some(0),
        }
    };
    // Zeros in front are only seen if nothing else fits.
    let fits = [behind, 0].map(|behind| zeros_before(behind).map(|zeros| (zeros, behind)));
    let (zeros, behind) = fits.into_iter().flatten().min_by_key(|(zeros, _)| *zeros)?;
    let zeros = if zeros > 0 { digits.len() - behind } else { 0 };
    Some((Digits::behind(behind), zeros))
}

/// How many leading digits are shown, if these are the number's, rounded to that.
fn leading(plain: Plain, mantissa: &str) -> Option<Digits> {
    let digits = digits_of(mantissa);
    let shown = digits.trim_start_matches('0');
    let (whole, fraction) = plain.parts();
    // Where the first digit stands, from the point.
    let first = match whole.trim_start_matches('0').len() {
        0 => {
            i32::try_from(fraction.trim_start_matches('0').len()).ok()?
                - i32::try_from(fraction.len()).ok()?
        }
        digits => i32::try_from(digits).ok()?,
    };
    let few = i32::try_from(shown.len()).ok()?;
    // In units of the last digit that is shown.
    let (rounded, _) = plain.times(few - first).rounded(0).parts();
    let is_same = rounded.trim_end_matches('0') == shown.trim_end_matches('0');
    is_same.then(|| Digits::Leading(shown.len().max(1)))
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A day, if the text shows day, month and year; else what it shows of them.
pub(super) fn day(cell: GridCell, shown: &str) -> GridCell {
    let GridCell::Date(iso) = &cell else {
        return cell;
    };
    let number = |it: &str| it.parse::<u32>().ok();
    let parts: Vec<u32> = iso.split('-').filter_map(number).collect();
    let [year, month, day] = *parts.as_slice() else {
        return cell;
    };
    let words = shown.split(|it: char| !it.is_alphanumeric());
    let mut words: Vec<&str> = words.filter(|it| !it.is_empty()).collect();
    if words.is_empty() {
        return cell;
    }
    let is_quarter = |it: &&str| {
        let it = it.to_lowercase();
        matches!(
            it.as_str(),
            "q" | "q1" | "q2" | "q3" | "q4" | "quartal" | "quarter"
        )
    };
    let is_of_quarter = words.iter().any(is_quarter);
    let mut take = |is: &dyn Fn(&str) -> bool| {
        let at = words.iter().position(|it| is(it));
        at.map(|at| words.remove(at)).is_some()
    };
    let is_month =
        |it: &str| date::month(&it.to_lowercase()).is_some_and(|it| u32::try_from(it) == Ok(month));
    let has_year = take(&|it| number(it) == Some(year))
        || take(&|it| it.len() == 2 && number(it) == Some(year % 100));
    let has_day = take(&|it| number(it) == Some(day));
    let has_month = take(&is_month) || take(&|it| number(it) == Some(month));
    // The month may be written in any language; a number may be the month as well as the day.
    let is_whole = has_day && (has_month || !words.is_empty());
    let has_month = has_month || has_day && day == month;
    match (has_year, is_of_quarter) {
        (true, true) => Part::Quarter.of(cell),
        (true, false) if is_whole => cell,
        (true, false) if has_month => Part::Month.of(cell),
        (true, false) if !has_day && words.is_empty() => Part::Year.of(cell),
        _ => date::part(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(cell: GridCell) -> String {
        match cell {
            GridCell::Doubtful { text, code } => format!("{code} {text}"),
            GridCell::Worded(text) => format!("worded {text}"),
            GridCell::Number(text) | GridCell::Text(text) | GridCell::Date(text) => text,
        }
    }

    #[test]
    fn what_is_shown_must_be_what_is_there() {
        let own = Currency::default();
        for (shown, value, seen) in [
            ("1.234,50 €", "1234.5", "1234.50"),
            ("1,10", "1.1", "1.10"),
            ("1,101", "1.101", "1.101"),
            ("1.234", "1234", "1234"),
            ("1,235", "1234.56", "digits_not_shown 1234.56"),
            ("100,0", "99.99", "digits_not_shown 99.99"),
            ("1234,56", "1234.561", "digits_not_shown 1234.561"),
            ("1234,57", "1234.561", "formatted_number 1234,57"),
            ("1,23E+05", "123000", "123000"),
            ("1,23E-03", "0.00123", "0.00123"),
            ("0,00E+00", "0", "0"),
            ("1.23E+06", "1234567.89", "digits_not_shown 1234567.89"),
            ("1.24E+06", "1234567.89", "formatted_number 1.24E+06"),
            ("$100.00", "100", "worded $100.00"),
            ("100,00 CHF", "100", "worded 100.00 CHF"),
            ("£100", "100", "worded £100"),
            ("100,00 EUR", "100", "100.00"),
            ("0,30", "0.30000000000000004", "float_noise 0.30"),
            (",50 €", "0.5", "0.50"),
            ("0,00", "0", "0.00"),
            ("- €", "0", "0"),
            ("–", "0", "0"),
            ("—", "5", "formatted_number —"),
            ("-5", "-5", "-5"),
            ("(1.234,5 T€)", "-1234.5", "worded -1234.5 T€"),
            ("- 5,0 T€", "-5", "worded -5.0 T€"),
            ("", "5", "5"),
            ("0,5", "0.5", "0.5"),
            ("0100", "100", "0100"),
            ("000", "0", "000"),
            ("DG-M-07", "7", "worded DG-M-07"),
            ("5 Tage", "5", "worded 5 Tage"),
            ("1.234,5 T€", "1234500", "worded 1234.5 T€"),
            ("1.234,6 T€", "1234567", "digits_not_shown 1234.567 T€"),
            ("1,2 Mio. €", "1200000", "worded 1.2 Mio. €"),
            ("1235", "1234567", "formatted_number 1235"),
            ("123-456", "123456", "formatted_number 123-456"),
            ("1 1/2", "1.5", "formatted_number 1 1/2"),
            ("x", "5", "formatted_number x"),
        ] {
            assert_eq!(told(number(value, shown, &own, None)), seen, "{shown}");
        }
        let swiss = number("1200", "1’200.00", &own, Some("CHF"));
        assert_eq!(told(swiss), "worded 1200.00 CHF");
        for (shown, seen) in [
            ("12,5 %", "12.5%"),
            ("13%", "digits_not_shown 12.5%"),
            ("12,50%", "12.50%"),
            ("12,5 % p. a.", "formatted_number 12,5 % p. a."),
            ("", "12.5%"),
        ] {
            assert_eq!(told(percent("0.125", shown, &own)), seen, "{shown}");
        }
    }

    #[test]
    fn of_a_day_what_is_shown_counts() {
        for (iso, shown, seen) in [
            ("2024-12-31", "31.12.24", "2024-12-31"),
            ("2024-12-31", "Dienstag, 31. Dezember 2024", "2024-12-31"),
            ("2024-12-12", "12 décembre 2024", "2024-12-12"),
            ("2012-12-12", "12.12.12", "2012-12-12"),
            ("2024-12-31", "", "2024-12-31"),
            ("2024-12-31", "Dez 24", "part_of_date 2024-12"),
            ("2026-03-01", "Mär 26", "part_of_date 2026-03"),
            ("2024-12-12", "12/24", "part_of_date 2024-12"),
            ("2024-12-01", "2024", "part_of_date 2024"),
            ("2024-10-04", "4. Quartal 24", "part_of_date 2024-Q4"),
            ("2024-01-01", "Q1 2024", "part_of_date 2024-Q1"),
            ("2025-12-24", "Dez 24", "part_of_date 2025-12-24"),
            ("2024-12-31", "31.12.", "part_of_date 2024-12-31"),
            ("2024-12-31", "KW 1 2024", "part_of_date 2024-12-31"),
        ] {
            let cell = day(GridCell::Date(iso.to_owned()), shown);
            assert_eq!(told(cell), seen, "{iso} {shown}");
        }
    }
}
