//! The partners who share costs and vote: the Bund and the sixteen Länder.

use crate::cell::codes;

codes! {
    /// A partner: the Bund, or a Land by its ISO 3166-2 code.
    pub enum Partner {
        /// Federation.
        Bund = "BUND",
        /// Baden-Württemberg.
        Bw = "BW",
        /// Bayern.
        By = "BY",
        /// Berlin.
        Be = "BE",
        /// Brandenburg.
        Bb = "BB",
        /// Bremen.
        Hb = "HB",
        /// Hamburg.
        Hh = "HH",
        /// Hessen.
        He = "HE",
        /// Mecklenburg-Vorpommern.
        Mv = "MV",
        /// Niedersachsen.
        Ni = "NI",
        /// Nordrhein-Westfalen.
        Nw = "NW",
        /// Rheinland-Pfalz.
        Rp = "RP",
        /// Saarland.
        Sl = "SL",
        /// Sachsen.
        Sn = "SN",
        /// Sachsen-Anhalt.
        St = "ST",
        /// Schleswig-Holstein.
        Sh = "SH",
        /// Thüringen.
        Th = "TH",
    }
}

impl Partner {
    /// The sixteen Länder in the order of the key.
    #[must_use]
    pub fn laender() -> &'static [Self] {
        use crate::cell::Code as _;
        &Self::ALL[1..]
    }
}
