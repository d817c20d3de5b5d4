//! A request's money pot by pot, after what was carried over.
//!
//! The contract says that carried money is taken first ("FIFO", dossier 3.4) and that "the sum over pots never
//! changes"; what moves with it says ADR 0021: "Budget, granted and committed move with it, and what was allocated
//! and not paid out", "a payment after the carry-over counts in the pot the money came to, the oldest carried amount
//! first, as far as it reaches. Recipients spend first what they called of it", "Between the halves the amount is in
//! neither pot", "Only what is bound and not paid out goes on".

use super::World;
use super::money::{Money, history, money, names_one, pot};
use super::versions::Fact;

/// One request's money in one pot, in cents.
#[derive(Clone, Debug, Default)]
pub(crate) struct Portion {
    pub pot: String,
    /// It was granted from this pot.
    pub is_home: bool,
    pub requested: i64,
    pub granted: i64,
    pub freed: i64,
    pub blocked: i64,
    pub allocated: i64,
    pub called: i64,
    pub committed: i64,
    pub spent: i64,
    pub paid_out: i64,
    /// Went on to other pots.
    pub sent: i64,
    /// Came from other pots.
    pub received: i64,
}

impl Portion {
    /// "bound_to_carry = committed − max(paid_out, spent)".
    pub(crate) fn to_carry(&self) -> i64 {
        self.committed - self.paid_out.max(self.spent)
    }

    /// "unbound_rest = granted − freed − committed".
    pub(crate) fn unbound(&self) -> i64 {
        self.granted - self.freed - self.committed
    }
}

/// Money that came along with one carry-over, and what was done with it there.
#[derive(Default)]
struct Parcel {
    from: String,
    to: String,
    /// As resolved.
    amount: i64,
    /// What has come to the other pot.
    received: i64,
    /// What did not go on from there.
    left: i64,
    allocated: i64,
    called: i64,
    expenses: i64,
    refunds: i64,
    releases: i64,
}

impl Parcel {
    fn bound(&self) -> i64 {
        self.left - self.releases
    }

    fn spent(&self) -> i64 {
        self.expenses - self.refunds
    }

    fn paid_out(&self, direct: bool) -> i64 {
        if direct { self.expenses } else { self.called }
    }
}

/// The request's money in the pot it was granted from, then in those it was carried to.
pub(crate) fn portions(world: &World, request: &Fact) -> Vec<Portion> {
    let whole = money(world, request);
    let home = request.text("pot");
    let direct = pot(world, request).is_some_and(|it| it.get("mode") == Some("direct"));
    let year = pot(world, request).and_then(|it| it.whole("fiscal_year"));
    let parcels = parcels(world, request, direct, year.unwrap_or(0));
    let mut portions = vec![at_home(home, &whole, &parcels, direct)];
    for it in &parcels {
        let on_the_way = it.amount - it.received;
        of_pot(&mut portions, &it.from).sent += it.amount;
        let there = of_pot(&mut portions, &it.to);
        there.received += it.received;
        there.granted += it.left - on_the_way;
        there.committed += it.left - on_the_way;
        // What is done with money on its way is shown where it comes from.
        let place = if it.received == 0 { &it.from } else { &it.to };
        let done = of_pot(&mut portions, place);
        done.committed -= it.releases;
        done.allocated += it.allocated;
        done.called += it.called;
        done.spent += it.spent();
        done.paid_out += it.paid_out(direct);
    }
    let steps = history(world, request.text("id"));
    if steps.iter().any(|it| is_given_up(it)) {
        // "freed = granted − committed of waived and revoked requests".
        for it in &mut portions {
            it.freed = it.granted - it.committed;
        }
    }
    portions
}

fn is_given_up(fact: &Fact) -> bool {
    fact.table == "request_steps" && matches!(fact.text("step"), "waived" | "revoked")
}

fn of_pot<'a>(portions: &'a mut Vec<Portion>, pot: &str) -> &'a mut Portion {
    let place = portions.iter().position(|it| it.pot == pot);
    let place = place.unwrap_or(portions.len());
    if place == portions.len() {
        portions.push(Portion {
            pot: pot.to_owned(),
            ..Portion::default()
        });
    }
    &mut portions[place]
}

/// What is not in a parcel.
fn at_home(home: &str, whole: &Money, parcels: &[Parcel], direct: bool) -> Portion {
    let away = |of: &dyn Fn(&Parcel) -> i64| -> i64 { parcels.iter().map(of).sum() };
    Portion {
        pot: home.to_owned(),
        is_home: true,
        requested: whole.requested,
        granted: whole.granted - away(&|it| it.left),
        blocked: whole.blocked,
        allocated: whole.allocated - away(&|it| it.allocated),
        called: whole.called - away(&|it| it.called),
        committed: whole.committed - away(&|it| it.bound()),
        spent: whole.spent - away(&|it| it.spent()),
        paid_out: whole.paid_out - away(&|it| it.paid_out(direct)),
        ..Portion::default()
    }
}

/// Goes through the bookings and carry-overs "at (date, table order, position)".
fn parcels(world: &World, request: &Fact, direct: bool, year: i64) -> Vec<Parcel> {
    let id = request.text("id");
    let mut acts = world.of("bookings", "request", id);
    acts.sort_by_key(|it| (it.effective, it.position));
    let mut sent = world.of("carry_overs", "request", id);
    sent.sort_by_key(|it| (it.effective, it.position));
    let mut parcels: Vec<Parcel> = Vec::new();
    let mut invoices: Vec<Invoice> = Vec::new();
    let mut spent_here = 0;
    let mut whole = Whole::default();
    for day in days(&acts, &sent) {
        for booking in acts.iter().filter(|it| it.effective == day) {
            let cents = booking.amount("amount").unwrap_or(0);
            let later = booking.whole("fiscal_year").is_some_and(|it| it > year);
            let kind = booking.text("kind");
            match kind {
                "allocation" => whole.allocated += cents,
                "call" => whole.called += cents,
                "expense" => {
                    whole.expenses += cents;
                    if names_one(world, booking, |it| it > year) {
                        whole.for_later += cents;
                    }
                }
                "refund" => whole.refunds += cents,
                "commitment" if !later => whole.bound += cents,
                "commitment_release" if !later => whole.bound -= cents,
                _ => {}
            }
            // The contract: carried money "keeps its origin year", so what is of before is of that year.
            let of_year = booking.whole("fiscal_year").unwrap_or(year).max(year);
            if kind == "refund" {
                let rest = refund_away(&mut parcels, &mut invoices, (of_year, of_year), cents);
                let here = if of_year == year {
                    rest.min(spent_here).max(0)
                } else {
                    0
                };
                let rest = refund_away(&mut parcels, &mut invoices, (0, i64::MAX), rest - here);
                // What nothing was spent for is given back here, and is so before anything is spent.
                spent_here -= here + rest;
                continue;
            }
            let before: Vec<i64> = parcels.iter().map(|it| it.expenses).collect();
            hit(&mut parcels, kind, cents, later, direct);
            if kind == "expense" {
                let of = parcels.iter().zip(before).map(|it| it.0.expenses - it.1);
                let of: Vec<i64> = of.collect();
                spent_here += cents - of.iter().sum::<i64>();
                let places = of.into_iter().enumerate();
                invoices.extend(places.map(|(parcel, open)| Invoice {
                    parcel,
                    year: of_year,
                    open,
                }));
            }
        }
        for carry in sent.iter().filter(|it| it.effective == day) {
            if pot(world, request).is_some() {
                go_on(world, request, &mut parcels, carry, &whole);
            }
        }
    }
    parcels
}

fn days(acts: &[&Fact], sent: &[&Fact]) -> Vec<jiff::civil::Date> {
    let mut days: Vec<_> = acts.iter().chain(sent).map(|it| it.effective).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// What was spent of carried money, of an invoice for one year, and not refunded yet.
struct Invoice {
    parcel: usize,
    year: i64,
    open: i64,
}

/// ADR 0021: "A refund lowers what was spent where it was spent: of invoices of their own fiscal year, those paid of
/// carried money before those paid at home; then of other years, the oldest year first." Of carried money, of invoices
/// of these years; what is left of the refund.
fn refund_away(
    parcels: &mut [Parcel],
    invoices: &mut [Invoice],
    (first, last): (i64, i64),
    cents: i64,
) -> i64 {
    let mut rest = cents;
    invoices.sort_by_key(|it| (it.year, it.parcel));
    let of_years = |it: &&mut Invoice| (first..=last).contains(&it.year);
    for it in invoices.iter_mut().filter(of_years) {
        let part = rest.min(it.open);
        it.open -= part;
        rest -= part;
        parcels[it.parcel].refunds += part;
    }
    rest
}

/// The oldest first, each as far as it reaches.
fn hit(parcels: &mut [Parcel], kind: &str, cents: i64, later: bool, direct: bool) {
    let mut rest = cents.min(there(parcels, kind, direct)).max(0);
    for it in parcels {
        let (room, done) = match kind {
            "allocation" => (it.left - it.allocated, &mut it.allocated),
            "call" => (it.bound() - it.called, &mut it.called),
            "expense" if direct => (it.bound() - it.expenses, &mut it.expenses),
            "expense" => (it.called - it.spent(), &mut it.expenses),
            // A commitment is released in the year it was made for.
            "commitment_release" if !later => (
                it.bound() - it.paid_out(direct).max(it.spent()),
                &mut it.releases,
            ),
            _ => return,
        };
        let part = room.clamp(0, rest);
        *done += part;
        rest -= part;
    }
}

/// What of a booking all parcels take together: of one from which more went on than there was, less than nothing.
fn there(parcels: &[Parcel], kind: &str, direct: bool) -> i64 {
    let room = |it: &Parcel| match kind {
        "allocation" => it.left - it.allocated,
        "call" => it.bound() - it.called,
        "expense" if direct => it.bound() - it.expenses,
        "expense" => it.called - it.spent(),
        _ => it.bound() - it.paid_out(direct),
    };
    parcels.iter().map(room).sum()
}

/// A request's bookings up to some day.
#[derive(Default)]
struct Whole {
    allocated: i64,
    called: i64,
    bound: i64,
    expenses: i64,
    for_later: i64,
    refunds: i64,
}

/// Takes a carry-over in, as far as money of the request is bound and not paid out where it is said to come from.
fn go_on(world: &World, request: &Fact, parcels: &mut Vec<Parcel>, carry: &Fact, whole: &Whole) {
    let direct = pot(world, request).is_some_and(|it| it.get("mode") == Some("direct"));
    let (from, to) = (carry.text("pot"), carry.text("to_pot"));
    let amount = carry.amount("amount").unwrap_or(0);
    let stands = |id: &str| {
        let pots = world.states("pots", "id");
        pots.iter().any(|it| it.text("id") == id)
    };
    let (mut along, mut there) = (0, 0);
    if from == request.text("pot") {
        let away = |of: &dyn Fn(&Parcel) -> i64| -> i64 { parcels.iter().map(of).sum() };
        let paid = if direct { whole.expenses } else { whole.called };
        let paid = paid - away(&|it| it.paid_out(direct));
        let spent = whole.expenses - whole.refunds - away(&|it| it.spent());
        let committed = whole.bound.max(whole.expenses - whole.for_later) + whole.for_later;
        let committed = committed - away(&|it| it.bound());
        there = (committed - paid.max(spent)).max(0);
        let unpaid = whole.allocated - away(&|it| it.allocated) - paid;
        along = unpaid.min(there).min(amount).max(0);
    } else {
        let sources = parcels.iter_mut().filter(|it| it.to == from);
        let sources: Vec<&mut Parcel> = sources.collect();
        if sources.is_empty() || !stands(from) {
            return;
        }
        for it in sources {
            let paid = it.paid_out(direct);
            let open = (it.bound() - paid.max(it.spent())).max(0);
            let taken = open.min((amount - there).max(0));
            let moved = (it.allocated - paid).min(taken).max(0);
            it.allocated -= moved;
            it.left -= taken;
            along += moved;
            there += open;
        }
    }
    let amount = amount.min(there);
    let received = world.received(from, to, request.text("id"));
    parcels.push(Parcel {
        from: from.to_owned(),
        to: to.to_owned(),
        amount,
        // In a pot that is not resolved yet nothing has come.
        received: if stands(to) { received.min(there) } else { 0 },
        left: amount,
        allocated: along,
        ..Parcel::default()
    });
}
