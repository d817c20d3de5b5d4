//! The text people see in a cell of an ODS.

use crate::{
    Finding,
    workbook::xml::{Node, Xml, attribute},
};

/// The paragraphs of the cell just opened, joined by line ends; nothing if there is none. Comments,
/// pictures and notes are left out.
pub(super) fn of_cell(xml: &mut Xml<'_>) -> Result<Option<String>, Finding> {
    let outside = xml.depth().saturating_sub(1);
    let mut text: Option<String> = None;
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) if start.name().into_inner() == "text:p" => {
                let paragraph = paragraph(xml)?;
                text = Some(match text {
                    Some(before) => before + "\n" + &paragraph,
                    None => paragraph,
                });
            }
            Node::Open(_) => xml.skip()?,
            Node::End => break,
            _ => {}
        }
    }
    Ok(text)
}

fn paragraph(xml: &mut Xml<'_>) -> Result<String, Finding> {
    let outside = xml.depth().saturating_sub(1);
    let mut out = String::new();
    while xml.depth() > outside {
        match xml.next()? {
            Node::Open(start) => match start.name().into_inner() {
                "text:s" => {
                    let count = attribute(&start, "text:c")?.and_then(|it| it.parse().ok());
                    // More blanks than a cell may hold bytes are none that anybody typed.
                    out.push_str(&" ".repeat(count.unwrap_or(1_usize).min(0x1_0000)));
                }
                "text:tab" => out.push('\t'),
                "text:line-break" => out.push('\n'),
                "text:ruby-text" | "office:annotation" | "text:note" => xml.skip()?,
                _ => {}
            },
            // A line end in the file is a blank in the text.
            Node::Text(text) => out.extend(text.chars().map(|it| match it {
                '\n' | '\r' | '\t' => ' ',
                other => other,
            })),
            Node::End => break,
            _ => {}
        }
    }
    Ok(out)
}
