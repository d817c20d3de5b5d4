//! Profiles on the command line: reading them, and telling what became of foreign cells.

use std::{fmt::Write as _, path::Path};

use leitstand_domain::event::ProgrammeInitialised;
use leitstand_ingest::{Account, ColumnAccount, FileAccount, Profile, Reason};

use crate::{
    exit::{Exit, Stop},
    out,
};

/// So many cells that were not taken are shown to a person.
const SHOWN: usize = 20;

/// Reads a profile.
///
/// # Errors
/// It cannot be read; everything wrong with it is said.
pub(super) fn read(path: &Path) -> Result<Profile, Stop> {
    let label = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("Das Profil „{label}“ lässt sich nicht lesen.");
        Stop::new(Exit::Failure, message).because(&error)
    })?;
    Profile::read(&text, &label).map_err(|findings| {
        let mut told = format!("Das Profil „{label}“ ist nicht richtig:");
        for finding in findings {
            let at = finding.column.unwrap_or_default();
            let _ = write!(told, "\n  {at}: {} [{}]", finding.message, finding.code);
        }
        Stop::usage(told)
    })
}

/// Whether the profile counts in the programme's currency: amounts have no other sign of it.
///
/// # Errors
/// It does not.
pub(super) fn same_currency(
    profile: &Profile,
    found: Option<&ProgrammeInitialised>,
) -> Result<(), Stop> {
    let (Some(of_profile), Some(found)) = (profile.programme(), found) else {
        return Ok(());
    };
    if of_profile.currency == found.currency.as_str() {
        return Ok(());
    }
    Err(Stop::usage(format!(
        "Das Profil rechnet in {}, das Programm „{}“ in {}; nichts ist eingespielt.",
        of_profile.currency, found.programme, found.currency
    )))
}

/// Writes every cell that was not taken, or not as it stands.
///
/// # Errors
/// The file cannot be written.
pub(super) fn write(account: &Account, path: &Path) -> Result<(), Stop> {
    let written = std::fs::write(path, account.csv());
    written.map_err(|error| {
        let message = format!("„{}“ lässt sich nicht schreiben.", path.display());
        Stop::new(Exit::Failure, message).because(&error)
    })?;
    out::say(&format!("Nicht genommene Zellen: {}", path.display()));
    Ok(())
}

/// The account for people; the cells themselves only if they are not `written` elsewhere.
pub(super) fn told(account: &Account, written: bool) -> String {
    let mut told = String::new();
    for file in account.files() {
        of_file(&mut told, &file);
    }
    for file in account.left_alone() {
        let _ = writeln!(told, "{file}: nicht gelesen, das Profil meint sie nicht");
    }
    let rounded: Vec<_> = account.rounded().take(SHOWN).collect();
    for line in rounded {
        let value = line.value.unwrap_or_default();
        let _ = writeln!(told, "{} {}: „{value}“ {}", line.file, line.cell, line.why);
    }
    if !written {
        cells(&mut told, account);
    }
    told
}

fn of_file(told: &mut String, file: &FileAccount) {
    let name = match &file.sheet {
        Some(sheet) => format!("{}#{sheet}", file.file),
        None => file.file.clone(),
    };
    let taken: u64 = file.columns.iter().map(|it| it.taken).sum();
    let _ = writeln!(
        told,
        "{name}: {} Zeilen, {} genommen{}; {} Zellen, {taken} genommen, {} Kopf",
        file.rows,
        file.rows_taken,
        reasons(&file.rows_not_taken),
        file.cells,
        file.headings
    );
    let width = file
        .columns
        .iter()
        .map(|it| it.column.chars().count())
        .max();
    for column in &file.columns {
        let _ = writeln!(
            told,
            "  {:<width$} {}",
            column.column,
            of_column(column),
            width = width.unwrap_or(0)
        );
    }
    for (table, made) in &file.tables {
        let without = made
            .without
            .iter()
            .map(|(why, count)| format!(", {count} ohne ({why})"));
        let _ = writeln!(
            told,
            "  → {table}: {} Zeilen{}",
            made.rows,
            without.collect::<String>()
        );
    }
}

fn of_column(column: &ColumnAccount) -> String {
    let mut told = format!("{:>6} genommen", column.taken);
    for (count, word) in [(column.unchanged, "unverändert"), (column.empty, "leer")] {
        if count > 0 {
            let _ = write!(told, ", {count} {word}");
        }
    }
    told + &reasons(&column.not_taken)
}

/// The reasons with how often, in the order they came; codes that are told in the same words are one.
fn reasons(reasons: &[Reason]) -> String {
    let mut told: Vec<(&str, u64)> = Vec::new();
    for reason in reasons {
        match told.iter_mut().find(|(why, _)| *why == reason.why) {
            Some((_, count)) => *count += reason.count,
            None => told.push((&reason.why, reason.count)),
        }
    }
    let told: Vec<String> = told
        .iter()
        .map(|(why, count)| format!(", {count} nicht ({why})"))
        .collect();
    told.concat()
}

fn cells(told: &mut String, account: &Account) {
    // Whole columns are counted above; one by one only what was meant to be taken.
    let single = || {
        let columns = ["left_out", "not_mapped"];
        account
            .not_taken()
            .filter(move |it| !columns.contains(&it.code.as_str()))
    };
    for line in single().take(SHOWN) {
        let value = line.value.map(|it| format!(" „{it}“")).unwrap_or_default();
        let _ = writeln!(
            told,
            "  {} {} ({}){value}: {} [{}]",
            line.file, line.cell, line.column, line.why, line.code
        );
    }
    let further = single().count().saturating_sub(SHOWN);
    if further > 0 {
        let _ = writeln!(
            told,
            "  … und {further} weitere Zellen (--account DATEI schreibt alle)"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_in_the_same_words_is_told_once() {
        let reason = |code: &str, why: &str, count| Reason {
            code: code.to_owned(),
            why: why.to_owned(),
            count,
        };
        let told = reasons(&[
            reason("bad_date", "nicht lesbar; siehe Befund", 2),
            reason("missing", "keine Angabe", 1),
            reason("bad_amount", "nicht lesbar; siehe Befund", 3),
        ]);
        assert_eq!(
            told,
            ", 5 nicht (nicht lesbar; siehe Befund), 1 nicht (keine Angabe)"
        );
    }
}
