//! `leitstand init`: begins a programme.

use std::sync::Arc;

use leitstand_domain::Id;
use leitstand_ingest::{Desk, InitReport, Profile, ProfileProgramme, Sealer, init};

use super::profile;
use crate::{
    cli, clock,
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, DEFAULT_PROGRAMME, Missing, Opened},
    texts,
};

/// The currency of a programme that does not say.
const DEFAULT_CURRENCY: &str = "EUR";

pub(super) async fn run(args: &cli::Init, config: &Config) -> Result<Exit, Stop> {
    let profile = args.profile.as_deref().map(profile::read).transpose()?;
    let of_profile = profile.as_ref().map(programme_of).transpose()?;
    let config = &of_profile.map_or_else(|| config.clone(), |it| with(config, it));
    // What is wrong with the wish is found before a store is made for it.
    currency_of(config)?;
    if config.get("catalogue").is_some() || of_profile.is_some() {
        let nowhere = stores::in_memory();
        let (_, report) = begin(&nowhere, config, of_profile).await?;
        if tell(&report) {
            return Ok(Exit::Findings);
        }
    }
    let opened = stores::open(config, Missing::Begin).await?;
    refuse_lost_keys(&opened).await?;
    let (desk, report) = begin(&opened, config, of_profile).await?;
    if tell(&report) {
        return Ok(Exit::Findings);
    }
    Sealer::new(Arc::clone(&opened.store), clock::clock())
        .seal_if_due()
        .await?;
    out::print(&format!(
        "Programm {}: {} aufgezeichnet, {} schon bekannt.\n",
        desk.programme(),
        report.accepted,
        report.known
    ))?;
    Ok(Exit::Done)
}

/// Keys that were begun just now for a log that has texts already: those can no longer be read.
async fn refuse_lost_keys(opened: &Opened) -> Result<(), Stop> {
    if !opened.jetstream_keys.as_ref().is_some_and(|it| it.is_new()) {
        return Ok(());
    }
    match texts::lost(opened).await? {
        None => Ok(()),
        Some(lost) => Err(Stop::new(
            Exit::Integrity,
            format!(
                "Das Protokoll war schon da, die Schlüssel seiner Freitexte nicht; ein leerer Schlüsselspeicher ist jetzt angelegt. Zu {} Ereignissen (zuerst Position {}) fehlt der Schlüssel; „leitstand copy --from KOPIE --to nats://…“ bringt sie aus einer Kopie zurück, die so weit reicht wie das Protokoll (docs/jetstream.md).",
                lost.count,
                lost.first.as_json()
            ),
        )),
    }
}

/// Tells what is wrong, if anything is.
fn tell(report: &InitReport) -> bool {
    for it in &report.findings {
        let place = [it.file.as_deref(), it.column.as_deref()];
        let place: Vec<&str> = place.into_iter().flatten().collect();
        let place = if place.is_empty() {
            String::new()
        } else {
            format!("{}: ", place.join(", "))
        };
        out::say(&format!("leitstand: {place}{} [{}]", it.message, it.code));
    }
    !report.findings.is_empty()
}

/// The currency that is stated, if one is.
fn currency_of(config: &Config) -> Result<Option<Id>, Stop> {
    let Some(stated) = config.stated("currency") else {
        return Ok(None);
    };
    if stated.len() != 3 || !stated.bytes().all(|it| it.is_ascii_uppercase()) {
        return Err(Stop::usage(format!(
            "„{stated}“ ist keine Währung; richtig ist ein Kürzel wie EUR."
        )));
    }
    stores::id("Währung", stated).map(Some)
}

/// The programme a profile is for.
///
/// # Errors
/// The profile does not say.
pub(super) fn programme_of(profile: &Profile) -> Result<&ProfileProgramme, Stop> {
    profile.programme().ok_or_else(|| {
        Stop::usage("Das Profil nennt kein Programm; nötig ist ein Abschnitt [programme] mit id, title und currency.")
    })
}

/// Settings with programme and currency of a profile, where nobody stated others.
pub(super) fn with(config: &Config, programme: &ProfileProgramme) -> Config {
    let config = config.clone().or_state("programme", &programme.id);
    config.or_state("currency", &programme.currency)
}

/// Records programme, catalogue, thresholds and cost keys; a second time nothing happens. With a profile
/// the catalogue is the programme itself; the rest comes from the tables.
pub(super) async fn begin(
    opened: &Opened,
    config: &Config,
    of_profile: Option<&ProfileProgramme>,
) -> Result<(Desk, InitReport), Stop> {
    let (found, known) = leitstand_ingest::programme(&*opened.store)
        .await?
        .map(|it| (it.programme, it.currency))
        .unzip();
    // A second time without a word about it the programme keeps its currency.
    let currency = match currency_of(config)?.or(known) {
        Some(currency) => currency,
        None => stores::id("Währung", DEFAULT_CURRENCY)?,
    };
    let named = config.stated("programme").map(str::to_owned);
    let programme = named
        .or_else(|| found.map(|it| it.to_string()))
        .or_else(|| opened.begun_for.clone());
    let programme = stores::id(
        "Programm",
        programme.as_deref().unwrap_or(DEFAULT_PROGRAMME),
    )?;
    let catalogue = match (of_profile, config.get("catalogue")) {
        (Some(programme), _) => Some(programme.catalogue()),
        (None, Some(path)) => Some(tokio::fs::read_to_string(path).await.map_err(|error| {
            Stop::new(
                Exit::Failure,
                format!("Der Katalog „{path}“ lässt sich nicht lesen."),
            )
            .because(&error)
        })?),
        (None, None) => None,
    };
    let (store, keys) = (Arc::clone(&opened.store), Arc::clone(&opened.keys));
    let desk = Desk::open(store, keys, programme, clock::clock()).await?;
    let report = init(&desk, catalogue.as_deref(), &currency).await?;
    Ok((desk, report))
}
