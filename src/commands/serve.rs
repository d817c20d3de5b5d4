//! `leitstand serve`: the server.

use std::{path::Path, sync::Arc};

use leitstand_ingest::Desk;

use super::init;
use crate::{
    clock,
    config::Config,
    exit::{Exit, Stop},
    nats, out,
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
    let opened = stores::open(config, Missing::Refuse).await?;
    if Spec::of(config)? == Spec::Memory {
        // Nobody else could have begun it.
        init::begin(&opened, config, None).await?;
    }
    let programme = opened.programme(config).await?;
    let nats = match config.get("nats") {
        Some(servers) => Some(connected(config, servers, &programme).await?),
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

/// A connection to the servers named.
async fn connected(config: &Config, servers: &str, programme: &str) -> Result<Connected, Stop> {
    let options = nats::options(config, servers)?;
    let replicas = config.get("nats-replicas").unwrap_or_default();
    let replicas = replicas.parse().ok().filter(|it| (1..=5).contains(it));
    let replicas = replicas.ok_or_else(|| {
        Stop::usage("„--nats-replicas“ ist eine Zahl von 1 bis 5; in einem Cluster sind 3 üblich.")
    })?;
    let client = leitstand_store::connect(&options, &format!("leitstand {programme}")).await?;
    Ok(Connected { client, replicas })
}
