//! A text that may be long.

use std::{convert::Infallible, sync::Arc};

use axum::body::{Body, Bytes};
use futures_util::stream;

/// A text in pieces, one after the other; cheap to clone. The longest answers have five megabytes, and are never
/// copied into one.
#[derive(Debug, Clone, Default)]
pub struct Text(Arc<[Bytes]>);

impl Text {
    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// In one piece.
    pub(crate) fn whole(&self) -> Bytes {
        match &*self.0 {
            [one] => one.clone(),
            pieces => pieces.concat().into(),
        }
    }
}

impl From<Vec<String>> for Text {
    fn from(pieces: Vec<String>) -> Self {
        Self(pieces.into_iter().map(Bytes::from).collect())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        vec![text].into()
    }
}

impl From<Text> for Body {
    fn from(text: Text) -> Self {
        if let [one] = &*text.0 {
            return one.clone().into();
        }
        let pieces: Vec<Result<Bytes, Infallible>> = text.0.iter().cloned().map(Ok).collect();
        Self::from_stream(stream::iter(pieces))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_are_one_text() {
        for pieces in [vec![], vec!["whole"], vec!["one, ", "two, ", "", "three"]] {
            let whole = pieces.concat();
            let text = Text::from(pieces.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(
                (text.len(), &*text.whole()),
                (whole.len(), whole.as_bytes())
            );
            let body = axum::body::to_bytes(text.into(), 100).await;
            assert_eq!(body.expect("small"), whole);
        }
    }
}
