//! The network of activities: three-point durations and links.

use crate::{
    Day, Id, Number, Refusal,
    cell::codes,
    stream::StreamKind,
    table::{Home, Referable, table},
};

table! {
    /// An activity of the network, in working days.
    "activities" => "network.activity_planned" v 1 as ActivityPlanned {
        /// Stable id.
        id: Id = ["Kennung", "Vorgang"],
        /// The measure or governance entry it belongs to.
        measure: Id = ["Maßnahme"],
        /// Shortest duration in working days.
        optimistic: Number = ["Optimistisch"],
        /// Most likely duration.
        likely: Number = ["Wahrscheinlich"],
        /// Longest duration.
        pessimistic: Number = ["Pessimistisch"],
        /// What comes before: `A-1`, `A-2:SS+2`, separated by blanks; may follow later.
        predecessors: Option<Id> = ["Vorgänger"],
        /// When it was planned.
        planned_on: Day = ["Geplant am"],
    }
    defines: true, states: true,
    identity: [id],
    effective: Some("planned_on") => |it| Some(it.planned_on),
    home: |_| Home::Named(StreamKind::Network, None),
    references: [measure is Measure],
    is: |it| Some((Referable::Activity, it.id.clone())),
    check: |it| {
        let (low, mid, high) = (it.optimistic.value(), it.likely.value(), it.pessimistic.value());
        if low.is_sign_negative() && !low.is_zero() || low > mid || mid > high {
            return Err(Refusal::new(
                "durations_out_of_order",
                "likely",
                "Die Dauern müssen geordnet sein: 0 ≤ optimistisch ≤ wahrscheinlich ≤ pessimistisch",
                "Durations must be ordered: 0 ≤ optimistic ≤ likely ≤ pessimistic",
            ));
        }
        predecessors(it.predecessors.as_deref().unwrap_or_default()).map(|_| ())
    },
}

codes! {
    /// Which ends of two activities a link ties.
    pub enum LinkType {
        /// Finish to start.
        FinishStart = "FS",
        /// Start to start.
        StartStart = "SS",
        /// Finish to finish.
        FinishFinish = "FF",
        /// Start to finish.
        StartFinish = "SF",
    }
}

/// A link to a predecessor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The activity before.
    pub activity: String,
    /// Which ends are tied.
    pub kind: LinkType,
    /// Working days between them; may be negative.
    pub lag: i32,
}

/// Reads `A-1 A-2:SS+2`.
///
/// # Errors
/// `bad_predecessor` names the part that cannot be read.
pub fn predecessors(text: &str) -> Result<Vec<Link>, Refusal> {
    text.split_whitespace()
        .map(|part| {
            link(part).ok_or_else(|| {
                Refusal::new(
                    "bad_predecessor",
                    "predecessors",
                    format!("„{part}“ ist kein Vorgänger; richtig ist A-1 oder A-2:SS+2 (FS, SS, FF, SF)"),
                    format!("`{part}` is not a predecessor; write A-1 or A-2:SS+2 (FS, SS, FF, SF)"),
                )
            })
        })
        .collect()
}

fn link(part: &str) -> Option<Link> {
    use crate::cell::Code as _;
    let Some((activity, how)) = part.rsplit_once(':') else {
        return Some(Link {
            activity: part.to_owned(),
            kind: LinkType::FinishStart,
            lag: 0,
        });
    };
    let kind = LinkType::of(how.get(..2)?)?;
    let lag = match &how[2..] {
        "" => 0,
        lag if lag.starts_with(['+', '-']) && lag.len() <= 6 => lag.parse().ok()?,
        _ => return None,
    };
    (!activity.is_empty()).then(|| Link {
        activity: activity.to_owned(),
        kind,
        lag,
    })
}
