//! What is wrong with a workbook as a whole.

use crate::{Finding, finding::shortened};

/// Cannot be read to its end; `part` is the file inside the workbook.
pub(super) fn damaged(part: &str) -> Finding {
    let part = shortened(part);
    Finding::new(
        "unreadable_workbook",
        format!(
            "Die Datei ist beschädigt oder unvollständig (bei „{part}“); bitte in dem Programm öffnen, mit dem sie gemacht ist, und neu speichern"
        ),
        format!(
            "The file is damaged or incomplete (at `{part}`); open it in its program and save it anew"
        ),
    )
}

/// Not what the end of its name says.
pub(super) fn wrong_type(found_de: &str, found_en: &str) -> Finding {
    Finding::new(
        "wrong_file_type",
        format!(
            "Der Inhalt passt nicht zur Endung des Namens: es ist {found_de}; bitte richtig benennen oder neu speichern"
        ),
        format!(
            "The content does not fit the end of the name: it is {found_en}; name it rightly or save it anew"
        ),
    )
}

/// Locked with a password.
pub(super) fn encrypted() -> Finding {
    Finding::new(
        "encrypted_workbook",
        "Die Arbeitsmappe ist mit einem Kennwort verschlüsselt; bitte ohne Kennwort speichern",
        "The workbook is encrypted with a password; save it without",
    )
}

/// An old or foreign format.
pub(super) fn unsupported(what: &str) -> Finding {
    Finding::new(
        "unsupported_file",
        format!("{what} wird nicht gelesen; bitte als XLSX, ODS oder CSV speichern"),
        format!("{what} is not read; save as XLSX, ODS or CSV"),
    )
}

/// Made to deceive: nothing an office program writes.
pub(super) fn deceiving(de: &str, en: &str) -> Finding {
    Finding::new(
        "unsafe_workbook",
        format!(
            "Die Datei ist so gebaut, wie kein Tabellenprogramm speichert ({de}); sie wird nicht gelesen. Bitte die Herkunft prüfen und neu speichern"
        ),
        format!(
            "The file is built as no office program saves it ({en}); it is not read. Check where it comes from and save it anew"
        ),
    )
}

/// More than is taken.
pub(super) fn too_large(de: &str, en: &str) -> Finding {
    Finding::new(
        "workbook_too_large",
        format!(
            "Die Datei ist zu groß: {de}; bitte in Teilen einspielen oder leere Formate entfernen"
        ),
        format!("The file is too large: {en}; feed in parts or remove empty formats"),
    )
}
