//! What `doctor` finds on the servers of `--nats`.

use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{Client, Event};
use leitstand_ingest::nats::{REPLIES, are_ours_to_answer, look, try_everything};
use leitstand_store::{NatsError, NatsOptions, connect_heard, try_log};

use super::Found::{self, Beware, Well, Wrong};
use crate::{
    config::Config,
    exit::Stop,
    nats::{self, Beside, forbidden},
    stores::{self, DEFAULT_PROGRAMME, Missing, Opened},
};

/// With so much of its room taken, in percent, a stream will soon take nothing.
const NEARLY_FULL: u64 = 80;

/// The servers, how they keep what is posted, the streams, and what we may do there.
pub(super) async fn all(config: &Config) -> Vec<(&'static str, Found)> {
    let beside = match nats::beside(config) {
        Ok(Some(beside)) => beside,
        Ok(None) => return Vec::new(),
        Err(stop) => return vec![("NATS", Wrong(stop.message))],
    };
    let (client, objections) = match heard(&beside.options).await {
        Ok(both) => both,
        Err(error) => return vec![("NATS", wrong(error))],
    };
    let server = client.server_info();
    let mut found = vec![(
        "NATS",
        Well(format!(
            "Server {} ({})",
            server.version, server.server_name
        )),
    )];
    found.push((
        "NATS-Zugang",
        if server.auth_required {
            Well("Der Server verlangt eine Anmeldung; wer sendet, steht im Subject.".to_owned())
        } else {
            Beware("Der Server lässt jeden herein: alle Zeilen werden als „local“ aufgezeichnet, und jeder darf alles (docker/nats/permissions.conf).".to_owned())
        },
    ));
    found.push(("NATS-Sync", sync(&client, &beside).await));
    let opened = stores::open(config, Missing::Refuse).await.ok();
    let programme = programme(config, opened.as_ref()).await;
    let log = opened.as_ref().map(|it| &*it.store);
    for it in look(&client, &programme, beside.replicas, log).await {
        found.push((
            it.stream,
            match it.is {
                Ok(Some(_)) if 0 < it.foreign => Beware(format!(
                    "Die letzten {} Nachrichten sind keine Ereignisse von Leitstand; sie werden übergangen. Bitte die Rechte prüfen: nur Leitstand darf dort senden, und es braucht ein eigenes Konto (docs/nats.md).",
                    it.foreign
                )),
                Ok(Some(_)) if NEARLY_FULL <= it.percent => Beware(format!(
                    "Der Stream ist zu {} % voll und nimmt dann nichts mehr an; bitte ansehen („nats stream info {1}“), aufräumen oder ihm mehr Platz geben („nats stream edit {1} --max-bytes …“, docs/nats.md).",
                    it.percent, it.stream
                )),
                Ok(Some(1)) => {
                    Well("Die Einstellungen stimmen; der Stream liegt auf einem Server.".to_owned())
                }
                Ok(Some(many)) => Well(format!(
                    "Die Einstellungen stimmen; der Stream liegt auf {many} Servern."
                )),
                Ok(None) => Well("noch nicht da; „leitstand serve --nats“ legt ihn an.".to_owned()),
                Err(failure) => Wrong(failure.message_de()),
            },
        ));
    }
    found.push((
        "NATS-Subjects",
        match are_ours_to_answer(&client, &programme).await {
            Ok(true) => Well("Zeilen und Fragen erreichen nur Leitstand.".to_owned()),
            Ok(false) => Beware("Der Server sagt nicht, ob ein Stream Zeilen oder Fragen aufnimmt; bitte JetStream prüfen und das Recht auf „$JS.API.STREAM.NAMES“ geben (docker/nats/permissions.conf).".to_owned()),
            Err(failure) => Wrong(failure.message_de()),
        },
    ));
    let tried = try_everything(&client, &programme).await;
    found.push((
        "NATS-Rechte",
        match tried {
            Err(failure) => Wrong(failure.message_de()),
            Ok(()) => allowed(&objections.but_for_one_reply()),
        },
    ));
    found
}

/// What we may do with the log on these servers, and with the keys of its texts.
pub(super) async fn log(options: &NatsOptions, programme: &str) -> Found {
    let (client, objections) = match heard(options).await {
        Ok(both) => both,
        Err(error) => return wrong(error),
    };
    match try_log(&client, programme).await {
        Err(error) => wrong(error),
        Ok(()) => allowed(&objections.all()),
    }
}

/// What a server objected to.
struct Objections(Arc<Mutex<Vec<String>>>);

impl Objections {
    fn all(&self) -> Vec<String> {
        // A list is whole even if somebody panicked while holding the lock.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *all)
    }

    /// Replies go to those in another account or in ours; where one is allowed the other need not be.
    fn but_for_one_reply(&self) -> Vec<String> {
        let mut all = self.all();
        let is_of = |it: &str, reply: &str| it.contains(reply);
        let is_refused = |reply: &&str| all.iter().any(|it| is_of(it, reply));
        if !REPLIES.iter().all(is_refused) {
            all.retain(|it| !REPLIES.iter().any(|reply| is_of(it, reply)));
        }
        all
    }
}

/// A connection, and what the server objects to on it.
async fn heard(options: &NatsOptions) -> Result<(Client, Objections), NatsError> {
    let objections = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&objections);
    let heard = move |event: &Event| {
        if let Event::ServerError(objection) = event {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(objection.to_string());
        }
    };
    let client = connect_heard(options, "leitstand doctor", heard).await?;
    Ok((client, Objections(objections)))
}

/// What is wrong and why; whoever reads this has asked already.
fn wrong(error: impl Into<Stop>) -> Found {
    let told = error.into().to_string();
    Wrong(told.replace(" („leitstand doctor“)", ""))
}

fn allowed(objections: &[String]) -> Found {
    forbidden(objections).map_or_else(
        || Well("Alles, was gesendet und gehört werden muss, ist erlaubt.".to_owned()),
        Wrong,
    )
}

async fn sync(client: &Client, beside: &Beside) -> Found {
    match beside.unasked(client).await {
        Err(error) => wrong(error),
        Ok(Some(unknown)) => Beware(unknown),
        Ok(None) => Well(format!(
            "sync_interval: always auf {}",
            beside.monitors.join(", ")
        )),
    }
}

/// Whose subjects these are: those of the store, else of the configuration.
async fn programme(config: &Config, opened: Option<&Opened>) -> String {
    let stated = config.stated("programme").unwrap_or(DEFAULT_PROGRAMME);
    let found = match opened {
        Some(opened) => opened.programme(config).await.ok(),
        None => None,
    };
    found.map_or_else(|| stated.to_owned(), |it| it.to_string())
}
