//! XLSX (ECMA-376, transitional and strict): the parts around the sheets.

mod cells;
mod look;
mod strings;
mod styles;

use std::collections::BTreeMap;

use self::{cells::Book, strings::Strings, styles::Styles};
use super::{
    Currency,
    archive::Archive,
    date::Epoch,
    hidden,
    sheet::Room,
    too_many_sheets,
    wrong::{damaged, unsupported, wrong_type},
    xml::{Node, attribute, is_on, local},
};
use crate::{Finding, grid::Grid};

/// A sheet as the workbook lists it.
struct Listed {
    name: String,
    relation: String,
    is_hidden: bool,
}

/// Where a relation leads.
struct Relation {
    /// The last word of its type: `worksheet`, `styles`, ….
    kind: String,
    target: String,
}

pub(super) fn read(archive: &mut Archive<'_>, currency: &Currency) -> Result<Vec<Grid>, Finding> {
    let entry = relations(archive, "_rels/.rels", "")?;
    let Some(workbook) = entry.values().find(|it| it.kind == "officeDocument") else {
        return Err(wrong_type("kein XLSX", "no XLSX"));
    };
    if workbook.target.rsplit('.').next() == Some("bin") {
        return Err(unsupported("XLSB"));
    }
    let path = workbook.target.clone();
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
    let below = if folder.is_empty() {
        format!("_rels/{file}.rels")
    } else {
        format!("{folder}/_rels/{file}.rels")
    };
    let relations = relations(archive, &below, folder)?;
    let (listed, epoch) = sheets(archive, &path)?;
    if listed.len() > super::SHEETS {
        return Err(too_many_sheets());
    }
    let mut room = Room::new();
    let part = |kind: &str| relations.values().find(|it| it.kind == kind);
    let styles = match part("styles") {
        Some(it) => Styles::read(&mut archive.xml(&it.target)?, currency)?,
        None => Styles::default(),
    };
    let strings = match part("sharedStrings") {
        Some(it) => Strings::read(&mut archive.xml(&it.target)?)?,
        None => Strings::default(),
    };
    let book = Book {
        styles,
        strings,
        epoch,
    };
    let mut grids = Vec::new();
    for sheet in listed {
        let relation = relations
            .get(&sheet.relation)
            .ok_or_else(|| damaged(&sheet.name))?;
        // Charts and the like have a tab too, and no cells.
        if relation.kind != "worksheet" {
            continue;
        }
        grids.push(if sheet.is_hidden {
            hidden(&sheet.name)
        } else {
            let mut xml = archive.xml(&relation.target)?;
            cells::read(&mut xml, &sheet.name, &book, &mut room)?
        });
    }
    Ok(grids)
}

/// The relations of a part, by id; targets inside the archive from its root.
fn relations(
    archive: &mut Archive<'_>,
    path: &str,
    folder: &str,
) -> Result<BTreeMap<String, Relation>, Finding> {
    let mut relations = BTreeMap::new();
    let mut xml = archive.xml(path)?;
    loop {
        match xml.next()? {
            Node::Open(start) if local(&start) == "Relationship" => {
                let external = attribute(&start, "TargetMode")?.is_some_and(|it| it == "External");
                let id = attribute(&start, "Id")?.unwrap_or_default().into_owned();
                let kind = attribute(&start, "Type")?.unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let target = attribute(&start, "Target")?.unwrap_or_default();
                if !external {
                    let target = resolved(folder, &target);
                    relations.insert(id, Relation { kind, target });
                }
            }
            Node::End => return Ok(relations),
            _ => {}
        }
    }
}

/// A target seen from its folder, as a path from the root.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|it| !it.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

fn sheets(archive: &mut Archive<'_>, path: &str) -> Result<(Vec<Listed>, Epoch), Finding> {
    let (mut listed, mut epoch) = (Vec::new(), Epoch::Of1900);
    let mut xml = archive.xml(path)?;
    loop {
        match xml.next()? {
            Node::Open(start) if local(&start) == "workbookPr" => {
                let late = is_on(&start, "date1904")?;
                epoch = if late { Epoch::Of1904 } else { Epoch::Of1900 };
            }
            Node::Open(start) if local(&start) == "sheet" => listed.push(Listed {
                name: attribute(&start, "name")?.unwrap_or_default().into_owned(),
                relation: attribute(&start, "id")?.unwrap_or_default().into_owned(),
                is_hidden: attribute(&start, "state")?.is_some_and(|it| it != "visible"),
            }),
            Node::End => return Ok((listed, epoch)),
            _ => {}
        }
    }
}
