//! What `doctor` finds on the servers of `--nats`.

use std::sync::{Arc, Mutex, PoisonError};

use leitstand_ingest::nats::{look, try_everything};
use leitstand_store::{connect_heard, sync_of};

use super::Found::{self, Beware, Well, Wrong};
use crate::{
    config::Config,
    exit::Stop,
    nats::{self, Beside},
    stores::{self, DEFAULT_PROGRAMME, Missing},
};

/// The servers, how they keep what is posted, the streams, and what we may do there.
pub(super) async fn all(config: &Config) -> Vec<(&'static str, Found)> {
    let beside = match nats::beside(config) {
        Ok(Some(beside)) => beside,
        Ok(None) => return Vec::new(),
        Err(stop) => return vec![("NATS", Wrong(stop.message))],
    };
    let objections = Arc::new(Mutex::new(Vec::new()));
    let heard = {
        let objections = Arc::clone(&objections);
        move |objection| {
            let all = objections.lock();
            // A list is whole even if somebody panicked while holding the lock.
            all.unwrap_or_else(PoisonError::into_inner).push(objection);
        }
    };
    let client = match connect_heard(&beside.options, "leitstand doctor", heard).await {
        Ok(client) => client,
        Err(error) => return vec![("NATS", Wrong(Stop::from(error).message))],
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
    found.push(("NATS-Sync", sync(&beside).await));
    let programme = programme(config).await;
    for it in look(&client, &programme, beside.replicas).await {
        found.push((
            it.stream,
            match it.is {
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
    let tried = try_everything(&client, &programme).await;
    let objections =
        std::mem::take(&mut *objections.lock().unwrap_or_else(PoisonError::into_inner));
    found.push((
        "NATS-Rechte",
        match tried {
            Err(failure) => Wrong(failure.message_de()),
            Ok(()) if objections.is_empty() => {
                Well("Alles, was gesendet und gehört werden muss, ist erlaubt.".to_owned())
            }
            Ok(()) => Wrong(format!(
                "Der Server verbietet, was nötig ist: {}. Bitte die Rechte aus docker/nats/permissions.conf übernehmen.",
                objections.join("; ")
            )),
        },
    ));
    found
}

async fn sync(beside: &Beside) -> Found {
    for monitor in &beside.monitors {
        if let Err(error) = sync_of(monitor).await {
            return Wrong(Stop::from(error).message);
        }
    }
    if beside.monitors.is_empty() {
        return Beware(nats::unknown_sync());
    }
    let monitors = beside.monitors.join(", ");
    Well(format!("sync_interval: always auf {monitors}"))
}

/// Whose subjects these are: those of the store, else of the configuration.
async fn programme(config: &Config) -> String {
    let stated = config.stated("programme").unwrap_or(DEFAULT_PROGRAMME);
    match stores::open(config, Missing::Refuse).await {
        Ok(opened) => match opened.programme(config).await {
            Ok(programme) => programme.to_string(),
            Err(_) => stated.to_owned(),
        },
        Err(_) => stated.to_owned(),
    }
}
