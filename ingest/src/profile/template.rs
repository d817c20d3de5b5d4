//! A cell of a feed row, made of constants and of what the foreign row says: `{project}-END`.

/// A text with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands.
    Constant(String),
    /// The value of a name.
    Place(Place),
}

/// A place for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) name: String,
    /// The cell as it is written, not the value read as the profile says.
    pub(super) written: bool,
    /// Without a value nothing stands here; else there is no cell.
    pub(super) optional: bool,
}

impl Template {
    /// Reads `text {name} {name?} {name:written}`; `{{` is a brace. The error is the part that is wrong.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let (mut pieces, mut constant, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            constant.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                constant.push('{');
                rest = after;
                continue;
            }
            let (name, after) = after.split_once('}').ok_or_else(|| format!("{{{after}"))?;
            if !constant.is_empty() {
                pieces.push(Piece::Constant(std::mem::take(&mut constant)));
            }
            let (bare, written) = match name.split_once(':') {
                None => (name, false),
                Some((bare, "written" | "written?")) => (bare, true),
                Some(_) => return Err(format!("{{{name}}}")),
            };
            pieces.push(Piece::Place(Place {
                name: bare.strip_suffix('?').unwrap_or(bare).to_owned(),
                written,
                optional: name.ends_with('?'),
            }));
            rest = after;
        }
        constant.push_str(rest);
        if !constant.is_empty() {
            pieces.push(Piece::Constant(constant));
        }
        Ok(Self { pieces })
    }

    /// The names it has places for.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|it| match it {
            Piece::Constant(_) => None,
            Piece::Place(place) => Some(place.name.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_constants_and_places() {
        let read = |text: &str| Template::read(text).map(|it| it.pieces);
        let constant = |text: &str| Piece::Constant(text.to_owned());
        let place = |written, optional| {
            let name = "a".to_owned();
            Piece::Place(Place {
                name,
                written,
                optional,
            })
        };
        assert_eq!(
            read("{a}-END"),
            Ok(vec![place(false, false), constant("-END")])
        );
        assert_eq!(read("{a:written}"), Ok(vec![place(true, false)]));
        assert_eq!(
            read("{a?}{a:written?}"),
            Ok(vec![place(false, true), place(true, true)])
        );
        assert_eq!(read("a {{b}"), Ok(vec![constant("a {b}")]));
        assert_eq!(read(""), Ok(Vec::new()));
        assert_eq!(read("x{a"), Err("{a".to_owned()));
        assert_eq!(read("{a:rot}"), Err("{a:rot}".to_owned()));
    }
}
