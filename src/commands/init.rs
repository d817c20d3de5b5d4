//! `leitstand init`: begins a programme.

use std::sync::Arc;

use leitstand_ingest::{Desk, InitReport, Profile, ProfileProgramme, Sealer, init};

use super::profile;
use crate::{
    cli, clock,
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, DEFAULT_PROGRAMME, Missing, Opened},
};

pub(super) async fn run(args: &cli::Init, config: &Config) -> Result<Exit, Stop> {
    let profile = args.profile.as_deref().map(profile::read).transpose()?;
    let of_profile = profile.as_ref().map(programme_of).transpose()?;
    let config = &of_profile.map_or_else(|| config.clone(), |it| with(config, it));
    let opened = stores::open(config, Missing::Begin).await?;
    let (desk, report) = begin(&opened, config, of_profile).await?;
    for finding in &report.findings {
        out::say(&format!(
            "leitstand: {} [{}]",
            finding.message, finding.code
        ));
    }
    if !report.findings.is_empty() {
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
    let found = leitstand_ingest::programme(&*opened.store)
        .await?
        .map(|it| it.programme);
    let of_file = opened.sqlite.as_ref().map(|it| it.programme().to_owned());
    let named = config.stated("programme").map(str::to_owned);
    let programme = named.or_else(|| found.map(|it| it.to_string())).or(of_file);
    let programme = stores::id(
        "Programm",
        programme.as_deref().unwrap_or(DEFAULT_PROGRAMME),
    )?;
    let currency = config.get("currency").unwrap_or("EUR");
    if currency.len() != 3 || !currency.bytes().all(|it| it.is_ascii_uppercase()) {
        return Err(Stop::usage(format!(
            "„{currency}“ ist keine Währung; richtig ist ein Kürzel wie EUR."
        )));
    }
    let currency = stores::id("Währung", currency)?;
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
