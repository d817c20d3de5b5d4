use super::Cell;

/// A value out of a fixed list of words.
pub trait Code: Cell + Copy + Eq + 'static {
    /// Every value, in the order of the contract.
    const ALL: &'static [Self];

    /// The word of the contract.
    fn word(self) -> &'static str;

    /// The value of a word of the contract.
    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.word() == word)
    }
}

/// Makes an enum a cell: each variant with the word the contract gives it.
macro_rules! codes {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $crate::cell::Code for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::cell::Cell for $name {
            const KIND: &'static str = "code";
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn parse(text: &str) -> Result<Self, $crate::cell::BadCell> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::cell::BadCell::new(
                        "bad_code",
                        format!("Unbekannter Wert; möglich: {}", Self::WORDS.join(", ")),
                        format!("Unknown value; possible: {}", Self::WORDS.join(", ")),
                    )),
                }
            }

            fn normal(&self) -> Option<String> {
                Some($crate::cell::Code::word(*self).to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::cell::Code::word(*self))
            }
        }
    };
}
pub(crate) use codes;
