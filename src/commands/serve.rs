//! `leitstand serve`: the server.

use std::{path::Path, sync::Arc};

use async_nats::Event;
use leitstand_ingest::Desk;

use leitstand_store::connect_heard;

use super::init;
use crate::{
    clock,
    config::Config,
    exit::{Exit, Stop},
    nats::{self, Beside, Objections},
    out,
    serve::{self, Connected, Setup, Tokens},
    stores::{self, Missing, Spec},
};

pub(super) async fn run(config: &Config) -> Result<Exit, Stop> {
    let told = serve::told_to_end()?;
    let tokens = config
        .get("tokens")
        .map(|it| Tokens::load(Path::new(it)))
        .transpose()?;
    let listener = serve::bind(config.get("listen").unwrap_or_default(), tokens.is_some()).await?;
    let mut opened = stores::open(config, Missing::Refuse).await?;
    if Spec::of(config)? == Spec::Memory {
        // Nobody else could have begun it.
        init::begin(&opened, config, None).await?;
    }
    let programme = opened.programme(config).await?;
    let nats = match nats::beside(config)? {
        Some(beside) => {
            let (connected, warning) = connected(beside, &programme).await?;
            opened.warnings.extend(warning);
            Some(connected)
        }
        None => None,
    };
    let (store, keys) = (Arc::clone(&opened.store), Arc::clone(&opened.keys));
    let desk = Desk::unfolded(store, keys, programme, clock::clock());
    let address = listener.local_addr();
    let address = address.map_err(|error| {
        Stop::new(Exit::Failure, "Der Server hat keine Adresse.").because(&error)
    })?;
    tracing::info!(%address, "listening");
    out::print(&format!("Leitstand hört auf http://{address}\n"))?;
    let setup = Setup {
        opened,
        desk,
        tokens,
        nats,
    };
    serve::serve(listener, setup, told).await?;
    Ok(Exit::Done)
}

/// A connection to the servers named, which sync every write as far as they can be asked, and what is not known of that.
async fn connected(beside: Beside, programme: &str) -> Result<(Connected, Option<String>), Stop> {
    let objections = Arc::<Objections>::default();
    let heard = Arc::clone(&objections);
    let heard = move |event: &Event| heard.heard(event);
    let client = connect_heard(&beside.options, &format!("leitstand {programme}"), heard).await?;
    let unknown = beside.unasked(&client).await?;
    let replicas = beside.replicas;
    let connected = Connected {
        client,
        replicas,
        objections,
    };
    Ok((connected, unknown))
}
