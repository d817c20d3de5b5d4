//! Which number format a cell of an XLSX has.

use std::collections::HashMap;

use super::look::Look;
use crate::{
    Finding,
    workbook::{
        Currency,
        xml::{Node, Xml, attribute, local},
    },
};

/// The looks of cells, by style number.
#[derive(Debug, Default)]
pub(super) struct Styles {
    looks: Vec<Look>,
    /// Of cells without a style.
    plain: Look,
}

impl Styles {
    pub(super) fn read(xml: &mut Xml<'_>, currency: &Currency) -> Result<Self, Finding> {
        let (mut codes, mut styles) = (HashMap::new(), Self::default());
        let mut in_cells = false;
        loop {
            match xml.next()? {
                Node::Open(start) => match local(&start) {
                    "numFmt" => {
                        let id = attribute(&start, "numFmtId")?.unwrap_or_default();
                        let code = attribute(&start, "formatCode")?.unwrap_or_default();
                        codes.insert(id.into_owned(), Look::of_code(&code, currency));
                    }
                    "cellStyleXfs" | "dxfs" | "cellStyles" => in_cells = false,
                    "cellXfs" => in_cells = true,
                    // Cells count at most 64 thousand of them.
                    "xf" if in_cells && styles.looks.len() <= 0xffff => {
                        let id = attribute(&start, "numFmtId")?.unwrap_or_default();
                        let own = codes.get(&*id).cloned();
                        let built_in = || Look::of_built_in(id.parse().unwrap_or_default());
                        styles.looks.push(own.unwrap_or_else(built_in));
                    }
                    _ => {}
                },
                Node::End => return Ok(styles),
                _ => {}
            }
        }
    }

    /// The look of a style number; what is not there looks like nothing in particular.
    pub(super) fn look(&self, style: usize) -> &Look {
        self.looks.get(style).unwrap_or(&self.plain)
    }
}
