//! Numbers as people see them.
//!
//! A workbook holds binary floats and writes them with up to 17 digits; people typed, and the program
//! shows, at most 15. So `1.1000000000000001` is 1.1 (the same float), while `0.30000000000000004` is
//! the noise of a sum. Nothing is computed with floats here: digits are moved as digits.

use super::doubt;
use crate::grid::GridCell;

/// So many digits a spreadsheet shows and keeps exactly.
const DIGITS: usize = 15;

/// Larger exponents are no figures of a programme.
const LARGEST_EXPONENT: i32 = 400;

/// How many digits of a number its format shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Digits {
    /// Every one.
    #[default]
    All,
    /// So many behind the point, zeros among them: at least and at most.
    Behind(usize, usize),
    /// At most so many from the first that is not 0 on.
    Leading(usize),
}

impl Digits {
    /// Just so many behind the point.
    pub(super) const fn behind(digits: usize) -> Self {
        Self::Behind(digits, digits)
    }

    /// Whether people see less than the number is.
    fn hide(self, seen: Plain) -> bool {
        match self {
            Self::All => false,
            Self::Behind(_, most) => usize::try_from(seen.scale).is_ok_and(|it| it > most),
            Self::Leading(most) => seen.digits.to_string().len() > most,
        }
    }
}

/// What a format makes of a number and puts around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Frame {
    /// At least so many digits before the point, zeros in front.
    pub(super) zeros: usize,
    /// By which power of ten it is shown: 2 as percent, -3 where thousands are left out.
    pub(super) power: i32,
    /// What stands before it, without a sign or the programme's currency.
    pub(super) before: String,
    /// What stands behind it, alike.
    pub(super) after: String,
}

impl Frame {
    /// Around a percentage.
    pub(super) fn percent() -> Self {
        Self {
            power: 2,
            after: "%".to_owned(),
            ..Self::default()
        }
    }

    /// Whether words stand beside the number.
    pub(super) fn has_words(&self) -> bool {
        !(self.before.is_empty() && matches!(self.after.as_str(), "" | "%"))
    }

    fn around(&self, number: &str) -> String {
        format!("{}{number}{}", self.before, self.after)
    }
}

/// A decimal number of at most [`DIGITS`] digits: `digits` × 10^-`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plain {
    is_negative: bool,
    digits: u64,
    scale: i32,
    /// Whether nothing was cut off.
    is_exact: bool,
}

impl Plain {
    /// Reads the number as the file writes it, cut half up to 15 digits.
    pub(super) fn parse(literal: &str) -> Option<Self> {
        let (is_negative, rest) = match literal.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, literal.strip_prefix('+').unwrap_or(literal)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        let fits = literal.len() <= 400 && exponent.abs() <= LARGEST_EXPONENT;
        if !fits || all().next().is_none() || !all().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let mut scale = i32::try_from(fraction.len()).ok()? - exponent;
        let written: Vec<u8> = all().skip_while(|it| *it == b'0').collect();
        let kept = written.get(..DIGITS).unwrap_or(&written);
        let cut = written.get(DIGITS..).unwrap_or_default();
        let mut digits = kept
            .iter()
            .fold(0, |sum, it| sum * 10 + u64::from(it - b'0'));
        scale -= i32::try_from(cut.len()).ok()?;
        digits += u64::from(cut.first().is_some_and(|it| *it >= b'5'));
        while digits != 0 && digits.is_multiple_of(10) {
            digits /= 10;
            scale -= 1;
        }
        Some(Self {
            is_negative: is_negative && digits != 0,
            digits,
            scale: if digits == 0 { 0 } else { scale },
            is_exact: cut.iter().all(|it| *it == b'0'),
        })
    }

    /// Times a power of ten.
    pub(super) fn times(self, power: i32) -> Self {
        let scale = if self.digits == 0 {
            0
        } else {
            self.scale - power
        };
        Self { scale, ..self }
    }

    /// Rounded half up (away from zero) to so many digits behind the point.
    pub(super) fn rounded(self, decimals: usize) -> Self {
        let surplus = usize::try_from(self.scale)
            .ok()
            .and_then(|it| it.checked_sub(decimals));
        let Some(surplus) = surplus.filter(|it| *it > 0) else {
            return self;
        };
        // Further right than all digits: nothing is left.
        let unit = u32::try_from(surplus)
            .ok()
            .and_then(|it| 10_u64.checked_pow(it));
        let (kept, scale) = unit.map_or((0, 0), |unit| {
            let kept = self.digits / unit + u64::from(self.digits % unit >= unit / 2);
            (
                kept,
                self.scale - i32::try_from(surplus).unwrap_or_default(),
            )
        });
        let sign = if self.is_negative { "-" } else { "" };
        Self::parse(&format!("{sign}{kept}e{}", -scale)).unwrap_or(self)
    }

    /// Whether it is below 0.
    pub(super) fn is_negative(self) -> bool {
        self.is_negative
    }

    /// Whether it is 0.
    pub(super) fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The digits before and after the point.
    pub(super) fn parts(self) -> (String, String) {
        let digits = self.digits.to_string();
        let Ok(after) = usize::try_from(self.scale) else {
            let zeros = "0".repeat(self.scale.unsigned_abs() as usize);
            return (digits + &zeros, String::new());
        };
        let digits = format!("{digits:0>width$}", width = after + 1);
        let (whole, fraction) = digits.split_at(digits.len() - after);
        (whole.to_owned(), fraction.to_owned())
    }

    /// How many digits it has before the point.
    pub(super) fn whole_digits(self) -> usize {
        self.parts().0.len()
    }

    /// The whole part and the billionths of the rest, cut off; none if negative or far too large.
    pub(super) fn split(self) -> Option<(i64, i64)> {
        let (whole, fraction) = self.parts();
        let rest = format!("{fraction:0<9}");
        let rest: i64 = rest.get(..9)?.parse().ok()?;
        (!self.is_negative)
            .then(|| whole.parse().ok().zip(Some(rest)))
            .flatten()
    }

    /// As it is shown, without exponent and grouping, with a point.
    fn text(self, digits: Digits, zeros: usize) -> String {
        let (whole, fraction) = self.parts();
        let sign = if self.is_negative { "-" } else { "" };
        let least = match digits {
            Digits::Behind(least, _) => least,
            Digits::All | Digits::Leading(_) => 0,
        };
        match format!("{fraction:0<least$}").as_str() {
            "" => format!("{sign}{whole:0>zeros$}"),
            fraction => format!("{sign}{whole:0>zeros$}.{fraction}"),
        }
    }

    /// The number with at most two decimals, if it is at most 1e-9 away from it.
    pub(super) fn without_noise(self) -> Option<Self> {
        let (_, fraction) = self.parts();
        let noise = fraction.get(2..).unwrap_or_default();
        let far = usize::try_from(self.scale).ok()?.checked_sub(2)?;
        let leading = noise.get(..7)?;
        let up = u64::from(leading == "9999999");
        if up == 0 && leading != "0000000" {
            return None;
        }
        let shift = 10_u64.checked_pow(u32::try_from(far).ok()?);
        // Further right than all digits: nothing is left.
        let kept = shift.map_or(0, |shift| self.digits / shift) + up;
        Self::parse(&format!(
            "{}{kept}e-2",
            if self.is_negative { "-" } else { "" }
        ))
    }
}

/// The cell of a number, as it is written in the file, of which so many digits are shown in this frame. Half
/// of something is no amount of 50, so a percentage keeps its sign.
pub(super) fn number(literal: &str, digits: Digits, frame: &Frame) -> GridCell {
    let literal = literal.trim();
    let Some(plain) = Plain::parse(literal) else {
        return doubt::cell(literal, doubt::BAD_NUMBER);
    };
    let is_clean = plain.is_exact || is_same_float(literal, plain);
    let shown = plain.times(frame.power);
    let without = shown.without_noise();
    let seen = without.unwrap_or(shown);
    let text = frame.around(&seen.text(digits, frame.zeros));
    let fits = plain.whole_digits() <= DIGITS;
    let short_enough = usize::try_from(seen.scale).is_ok_and(|it| it <= 2);
    if without.is_none() && !(fits && (is_clean || short_enough)) {
        let text = if frame.has_words() { &text } else { literal };
        doubt::cell(text, doubt::UNCLEAN)
    } else if digits.hide(seen) {
        doubt::cell(&text, doubt::NOT_SHOWN)
    } else if without.is_some() || !is_clean {
        // What is meant is beyond doubt only where a number stands alone.
        let code = if frame.has_words() {
            doubt::UNCLEAN
        } else {
            doubt::NOISE
        };
        doubt::cell(&text, code)
    } else if frame.has_words() {
        GridCell::Worded(text)
    } else {
        GridCell::Number(text)
    }
}

/// Whether the digits cut off are only how the file writes the float that was meant. Floats are
/// compared here as the bits they are, not computed with.
fn is_same_float(literal: &str, plain: Plain) -> bool {
    let bits = |text: &str| text.parse::<f64>().ok().map(f64::to_bits);
    bits(literal) == bits(&plain.text(Digits::All, 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(literal: &str, digits: Digits) -> GridCell {
        number(literal, digits, &Frame::default())
    }

    fn percent(literal: &str, digits: Digits) -> GridCell {
        number(literal, digits, &Frame::percent())
    }

    fn text(literal: &str) -> String {
        match of(literal, Digits::All) {
            GridCell::Number(text) => text,
            GridCell::Doubtful { text, code } => format!("{code} {text}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_what_people_see() {
        for (literal, seen) in [
            ("100", "100"),
            ("1.1000000000000001", "1.1"),
            ("16.300000000000001", "16.3"),
            ("-0", "0"),
            ("-12.50", "-12.5"),
            ("1E3", "1000"),
            ("1.5E-2", "0.015"),
            ("1.234", "1.234"),
            ("123456789012.34", "123456789012.34"),
            ("999999999999999", "999999999999999"),
            ("33.3333", "33.3333"),
        ] {
            assert_eq!(text(literal), seen, "{literal}");
        }
    }

    #[test]
    fn noise_is_named_and_what_is_no_clean_number_is_not_taken() {
        for (literal, seen) in [
            ("0.30000000000000004", "float_noise 0.3"),
            ("7.0000000000000009", "float_noise 7"),
            ("1234.5600000001", "float_noise 1234.56"),
            ("99.9999999999999", "float_noise 100"),
            ("0.0000000000001", "float_noise 0"),
            ("33.333333333333336", "unclean_number 33.333333333333336"),
            (
                "1.2345678901234568E+16",
                "unclean_number 1.2345678901234568E+16",
            ),
            ("1E+20", "unclean_number 1E+20"),
            ("NaN", "bad_number_cell NaN"),
            ("1,5", "bad_number_cell 1,5"),
            ("", "bad_number_cell "),
            ("1e999", "bad_number_cell 1e999"),
        ] {
            assert_eq!(text(literal), seen, "{literal}");
        }
    }

    #[test]
    fn percent_is_shown_a_hundredfold() {
        for (literal, seen) in [
            ("0.25", "25%"),
            ("0.125", "12.5%"),
            ("1", "100%"),
            ("0.28999999999999998", "29%"),
        ] {
            let cell = percent(literal, Digits::All);
            assert_eq!(cell, GridCell::Number(seen.to_owned()), "{literal}");
        }
        let hidden = doubt::cell("12.5%", doubt::NOT_SHOWN);
        assert_eq!(percent("0.125", Digits::behind(0)), hidden);
    }

    #[test]
    fn digits_that_are_not_shown_make_a_number_doubtful() {
        for (literal, digits, is_hidden) in [
            ("99.99", Digits::behind(1), true),
            ("99.9", Digits::behind(1), false),
            ("100", Digits::behind(0), false),
            ("0.30000000000000004", Digits::behind(1), false),
            ("1234567.89", Digits::Leading(3), true),
            ("1230000", Digits::Leading(3), false),
            ("0.00123", Digits::Leading(3), false),
        ] {
            let cell = of(literal, digits);
            let doubtful =
                matches!(cell, GridCell::Doubtful { code, .. } if code == doubt::NOT_SHOWN);
            assert_eq!(doubtful, is_hidden, "{literal} {digits:?}");
        }
        let unclean = of("33.333333333333336", Digits::behind(2));
        assert_eq!(unclean, doubt::cell("33.333333333333336", doubt::UNCLEAN));
    }

    /// Zeros that are shown, thousands that are left out, and words beside a number.
    #[test]
    fn a_number_is_shown_as_its_format_shows_it() {
        let frame = |zeros, power, before: &str, after: &str| Frame {
            zeros,
            power,
            before: before.to_owned(),
            after: after.to_owned(),
        };
        let two = Digits::behind(2);
        for (literal, digits, frame, seen) in [
            (
                "1.1",
                two,
                frame(0, 0, "", ""),
                GridCell::Number("1.10".to_owned()),
            ),
            (
                "1.1",
                Digits::Behind(0, 3),
                frame(0, 0, "", ""),
                GridCell::Number("1.1".to_owned()),
            ),
            (
                "7",
                Digits::behind(0),
                frame(4, 0, "", ""),
                GridCell::Number("0007".to_owned()),
            ),
            (
                "-7",
                Digits::behind(0),
                frame(2, 0, "M-", ""),
                GridCell::Worded("M--07".to_owned()),
            ),
            (
                "1234500",
                Digits::behind(1),
                frame(0, -3, "", " T€"),
                GridCell::Worded("1234.5 T€".to_owned()),
            ),
            (
                "1234567",
                Digits::behind(1),
                frame(0, -3, "", " T€"),
                doubt::cell("1234.567 T€", doubt::NOT_SHOWN),
            ),
            (
                "0.30000000000000004",
                two,
                frame(0, 0, "", " T€"),
                doubt::cell("0.30 T€", doubt::UNCLEAN),
            ),
            (
                "0",
                two,
                frame(0, -3, "", " T€"),
                GridCell::Worded("0.00 T€".to_owned()),
            ),
        ] {
            assert_eq!(number(literal, digits, &frame), seen, "{literal} {frame:?}");
        }
    }

    #[test]
    fn rounding_is_half_up() {
        for (literal, decimals, digits) in [
            ("99.996", 2, 1),
            ("1.105", 2, 111),
            ("1.104", 2, 11),
            ("0.4", 0, 0),
            ("0.5", 0, 1),
            ("1e-30", 2, 0),
            ("1234", 2, 1234),
        ] {
            let plain = Plain::parse(literal).expect("a number");
            assert_eq!(plain.rounded(decimals).digits, digits, "{literal}");
        }
    }

    proptest! {
        /// Every figure of up to 15 digits comes back, however the float behind it is written.
        #[test]
        fn what_was_typed_is_what_is_read(digits in 0_u64..1_000_000_000_000_000, decimals in 0_u32..3) {
            let unit = 10_u64.pow(decimals);
            let typed = match decimals {
                0 => digits.to_string(),
                _ => format!("{}.{:0width$}", digits / unit, digits % unit, width = decimals as usize),
            };
            let float: f64 = typed.parse().expect("a number");
            let plain = typed.trim_end_matches('0').trim_end_matches('.');
            let plain = if decimals == 0 { typed.as_str() } else { plain };
            let seventeen = format!("{float:.16e}");
            prop_assert_eq!(text(&typed), plain);
            prop_assert_eq!(text(&format!("{float}")), plain);
            prop_assert_eq!(text(&seventeen), plain);
        }

        #[test]
        fn no_literal_panics(literal in "[-+0-9.eE]{0,30}|\\PC{0,12}") {
            of(&literal, Digits::All);
            percent(&literal, Digits::behind(0));
        }
    }
}
