//! `leitstand copy`: a log with its keys in another store.

use std::collections::HashSet;

use leitstand_domain::Event;
use leitstand_store::{
    Copied, CopyError, EventStore, KeyId, Position, StoreError, copy, is_beginning,
};

use crate::{
    cli,
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, Missing, Opened, Spec},
};

const PAGE: usize = 4_096;
/// So many keys are handed over at once.
const KEYS: usize = 1_000;

pub(super) async fn run(args: &cli::Copy, config: &Config) -> Result<Exit, Stop> {
    let (from, to) = (Spec::parse(&args.from)?, Spec::parse(&args.to)?);
    if from == Spec::Memory || to == Spec::Memory {
        return Err(Stop::usage(
            "memory: vergisst alles, wenn das Programm endet; kopiert wird zwischen sqlite:PFAD und nats://…/PROGRAMM.",
        ));
    }
    if from == to {
        return Err(Stop::usage("--from und --to nennen denselben Speicher."));
    }
    let from = stores::open_spec(from, config, Missing::Refuse).await?;
    let rest = "Unterbrochen; derselbe Befehl kopiert den Rest.";
    let (to, Copied { head, before }) = into(&from, to, config, rest).await?;
    let programme = from.programme(config).await?;
    out::print(&format!(
        "Kopiert: Programm {programme}, {} Ereignisse, davon {before} schon da\nKopf: {head}\n",
        head.count
    ))?;
    for warning in &to.warnings {
        out::say(&format!("Achtung: {warning}"));
    }
    out::say(
        "Der bisherige Speicher ist unverändert; bitte nur noch in einen von beiden schreiben und „leitstand audit verify --expect“ mit diesem Kopf prüfen.",
    );
    Ok(Exit::Done)
}

/// Copies a log into another store, which is begun for its programme if it is not there; `interrupted` is said to
/// whoever stops it.
///
/// # Errors
/// The other store cannot be opened or holds something else, a store failed, or it was interrupted.
pub(super) async fn into(
    from: &Opened,
    to: Spec,
    config: &Config,
    interrupted: &str,
) -> Result<(Opened, Copied), Stop> {
    let programme = from.programme(config).await?;
    if let Spec::Nats(place) = &to
        && place.programme != programme.as_str()
    {
        return Err(Stop::usage(format!(
            "Kopiert wird das Programm „{programme}“, das Ziel nennt „{}“; bitte im Ziel dasselbe Programm nennen.",
            place.programme
        )));
    }
    let config = config.clone().or_state("programme", &programme);
    let to = stores::open_spec(to, &config, Missing::Begin).await?;
    tokio::select! {
        copied = all(from, &to) => Ok((to.clone(), copied?)),
        _ = tokio::signal::ctrl_c() => Err(Stop::new(Exit::Interrupted, interrupted)),
    }
}

/// Keys before events, so that no text is ever without its key; and again after them, for those that were
/// made or destroyed meanwhile. Into a log that is something else no key comes: what was erased there is gone.
async fn all(from: &Opened, to: &Opened) -> Result<Copied, Stop> {
    is_beginning(&*from.store, &*to.store).await?;
    keys(from, to).await?;
    let copied = copy(&*from.store, &*to.store).await?;
    keys(from, to).await?;
    erase(from, to).await?;
    Ok(copied)
}

async fn keys(from: &Opened, to: &Opened) -> Result<(), Stop> {
    let there = to.keys.all().await?;
    let mut new: Vec<_> = from.keys.all().await?.into_iter().collect();
    new.retain(|(id, _)| !there.contains_key(id));
    for some in new.chunks(KEYS) {
        to.keys.put(some.to_vec()).await?;
    }
    Ok(())
}

/// What was erased stays erased: a key that an event names and that the first store no longer has is
/// destroyed in the other as well. Others are those of somebody at work there.
async fn erase(from: &Opened, to: &Opened) -> Result<(), Stop> {
    let mut extra = to.keys.all().await?;
    let kept = from.keys.all().await?;
    extra.retain(|id, _| !kept.contains_key(id));
    if extra.is_empty() {
        return Ok(());
    }
    for id in named(&*from.store).await? {
        if extra.contains_key(&id) {
            to.keys.destroy(&id).await?;
        }
    }
    Ok(())
}

/// The keys that events of a log name.
async fn named(store: &dyn EventStore) -> Result<Vec<KeyId>, Stop> {
    let (mut named, mut after) = (HashSet::new(), Position::START);
    let mut in_order = Vec::new();
    loop {
        let page = store.page(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(in_order);
        };
        after = last.position;
        for recorded in &page {
            let read = Event::read(&recorded.name, recorded.version, &recorded.payload);
            // What this program cannot read names no key it made.
            let sealed = read
                .ok()
                .and_then(|it| Some(it.meta()?.sealed.as_ref()?.key));
            in_order.extend(sealed.filter(|it| named.insert(*it)));
        }
    }
}

impl From<CopyError> for Stop {
    fn from(error: CopyError) -> Self {
        let (exit, message) = match &error {
            CopyError::Flawed(_) => (
                Exit::Integrity,
                "Das Protokoll ist nicht, was geschrieben wurde; „leitstand audit verify“ sagt, wo. Kopiert ist nur, was davor steht.".to_owned(),
            ),
            CopyError::SomethingElse { at } => (
                Exit::Usage,
                format!("Im Ziel steht ab Position {} etwas anderes; bitte ein leeres Ziel nennen oder eines, in das dieselbe Kopie begonnen wurde.", at.as_json()),
            ),
            CopyError::Longer { at } => (
                Exit::Usage,
                format!("Im Ziel steht dasselbe Protokoll, und es geht weiter (ab Position {}); es wurde nichts geändert. Sind „--from“ und „--to“ vertauscht?", at.as_json()),
            ),
            CopyError::Busy => (
                Exit::Conflict,
                "In das Ziel schreibt noch jemand; bitte erst beenden, dann denselben Befehl wiederholen.".to_owned(),
            ),
            CopyError::Append(_) => (
                Exit::Failure,
                "Das Ziel nimmt ein Ereignis nicht an.".to_owned(),
            ),
            CopyError::Store(StoreError {
                unreadable: Some(_),
                ..
            }) => (
                Exit::Integrity,
                "Das Protokoll ist nicht lesbar; „leitstand audit verify“ sagt, wo. Kopiert ist nur, was davor steht.".to_owned(),
            ),
            CopyError::Store(_) => (
                Exit::Unreachable,
                "Ein Speicher antwortet nicht; derselbe Befehl kopiert den Rest.".to_owned(),
            ),
        };
        Self::new(exit, message).because(&error)
    }
}
