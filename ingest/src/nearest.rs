//! Typing errors and what was meant.

/// The word most like what somebody wrote, if one is like it.
#[must_use]
pub fn nearest<'a>(written: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let close = words.map(|word| (distance(written, word), word)).min()?;
    (close.0 <= written.chars().count().max(3) / 3).then_some(close.1)
}

/// How many letters must be added, dropped, replaced or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (at, letter) in from.iter().enumerate() {
        let before = &rows[at];
        let mut row = vec![at + 1];
        for (place, other) in to.iter().enumerate() {
            let mut least = (before[place + 1] + 1)
                .min(row[place] + 1)
                .min(before[place] + usize::from(letter != other));
            if at > 0 && place > 0 && from[at - 1] == *other && to[place - 1] == *letter {
                least = least.min(rows[at - 1][place - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_near_and_other_words_are_not() {
        let words = || ["store", "listen", "tokens"].into_iter();
        assert_eq!(nearest("stroe", words()), Some("store"));
        assert_eq!(nearest("token", words()), Some("tokens"));
        assert_eq!(nearest("colour", words()), None);
        assert_eq!(nearest("", words()), None);
    }
}
