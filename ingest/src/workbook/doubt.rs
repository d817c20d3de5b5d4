//! Cells that must not be taken as they stand: their codes, and what is said of them.

use crate::{
    Finding,
    finding::shortened,
    grid::{Grid, GridCell},
};

/// The cell shows an error.
pub(crate) const ERROR: &str = "error_cell";
/// A formula whose result is not in the file.
pub(crate) const NO_RESULT: &str = "formula_without_result";
/// The noise of computing with floats; what is meant is beyond doubt. Read as that, and listed.
pub(crate) const NOISE: &str = "float_noise";
/// A float that no number of cents is near to.
pub(crate) const UNCLEAN: &str = "unclean_number";
/// Not a number at all.
pub(crate) const BAD_NUMBER: &str = "bad_number_cell";
/// The format shows something else than the number: leading zeros, words, a currency other than the
/// programme's, thousands or decimals left out.
pub(crate) const FORMATTED: &str = "formatted_number";
/// The format shows not all digits of the number.
pub(crate) const NOT_SHOWN: &str = "digits_not_shown";
/// No day of the calendar.
pub(crate) const BAD_DATE: &str = "bad_date_cell";
/// A day of which the format shows only a part.
pub(crate) const PART_OF_DATE: &str = "part_of_date";
/// A time of day stands in the cell.
pub(crate) const TIME_OF_DAY: &str = "time_of_day";
/// A number in an area of merged cells: whether it holds for each row or for all together does not show. No
/// doubt where it is no amount, as a year.
pub(crate) const MERGED: &str = "merged_amount";
/// The row is hidden or filtered away.
pub(crate) const HIDDEN_ROW: &str = "hidden_row";
/// The whole sheet is hidden.
pub(crate) const HIDDEN_SHEET: &str = "hidden_sheet";

/// A doubtful cell. What is long is shortened: it is only shown.
pub(super) fn cell(text: &str, code: &'static str) -> GridCell {
    GridCell::Doubtful {
        text: shortened(text),
        code,
    }
}

/// Whether it stands for a hidden sheet.
pub(crate) fn is_hidden(grid: &Grid) -> bool {
    let first = grid.rows.first().and_then(|it| it.cells.first());
    matches!(
        first,
        Some(GridCell::Doubtful {
            code: HIDDEN_SHEET,
            ..
        })
    )
}

/// What is said of a doubtful cell.
pub(crate) fn finding(code: &'static str) -> Finding {
    let (de, en) = match code {
        ERROR => (
            "Die Zelle zeigt einen Fehler; bitte die Formel in Ordnung bringen",
            "The cell shows an error; mend its formula",
        ),
        NO_RESULT => (
            "Zur Formel steht kein Ergebnis in der Datei; bitte die Arbeitsmappe im Tabellenprogramm öffnen und speichern",
            "The file holds no result of the formula; open and save the workbook in a spreadsheet program",
        ),
        NOISE => (
            "Die Zelle trägt Rechenreste hinter den Cent; gelesen wurde der gezeigte Wert. Bitte die Formel runden: =RUNDEN(…;2)",
            "The cell carries remains of computing behind the cents; it was read as the value shown. Round the formula: =ROUND(…,2)",
        ),
        UNCLEAN => (
            "Die Zelle enthält keine glatte Zahl; es wird nicht gerundet, bitte die Formel runden: =RUNDEN(…;2), lange Kennungen als Text",
            "The cell holds no clean number; nothing is rounded, round the formula: =ROUND(…,2), long ids as text",
        ),
        FORMATTED => (
            "Das Zahlenformat zeigt etwas anderes als den Wert der Zelle (führende Nullen, Wörter, eine andere Währung, weggelassene Tausender oder Nachkommastellen); bitte als Text oder in einem Format angeben, das alle Stellen zeigt",
            "The number format shows something else than the cell holds (leading zeros, words, another currency, thousands or decimals left out); give it as text or in a format that shows all digits",
        ),
        NOT_SHOWN => (
            "Das Zahlenformat zeigt nicht alle Stellen der Zahl; bitte alle anzeigen und prüfen, oder die Formel runden: =RUNDEN(…;2)",
            "The number format does not show all digits of the number; show all and check them, or round the formula: =ROUND(…,2)",
        ),
        BAD_DATE => (
            "Kein Tag des Kalenders; bitte ein Datum wie 31.12.2024 angeben",
            "Not a day of the calendar; give a date like 2024-12-31",
        ),
        PART_OF_DATE => (
            "Das Format zeigt nur einen Teil des Datums; bitte mit Tag, Monat und Jahr anzeigen und prüfen",
            "The format shows only a part of the date; show day, month and year, and check it",
        ),
        TIME_OF_DAY => (
            "In der Zelle steht eine Uhrzeit; bitte nur das Datum angeben",
            "The cell holds a time of day; give the date alone",
        ),
        MERGED => (
            "Der Betrag steht in verbundenen Zellen; ob er für jede Zeile oder für alle zusammen gilt, ist nicht zu sehen. Bitte den Verbund auflösen und je Zeile den Betrag angeben",
            "The amount stands in merged cells; whether it holds for each row or for all together does not show. Unmerge them and give each row its amount",
        ),
        HIDDEN_ROW => (
            "Die Zeile ist ausgeblendet oder weggefiltert; bitte einblenden (Filter löschen) oder entfernen",
            "The row is hidden or filtered away; show it (clear the filter) or remove it",
        ),
        HIDDEN_SHEET => (
            "Das Blatt ist ausgeblendet und wurde nicht gelesen; bitte einblenden oder entfernen",
            "The sheet is hidden and was not read; show it or remove it",
        ),
        _ => (
            "Die Zelle enthält keine Zahl; bitte prüfen",
            "The cell holds no number; check it",
        ),
    };
    Finding::new(code, de, en)
}
