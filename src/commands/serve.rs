//! `leitstand serve`: the server.

use std::{path::Path, sync::Arc};

use leitstand_ingest::Desk;

use super::init;
use crate::{
    cli, clock,
    config::Config,
    exit::{Exit, Stop},
    out,
    serve::{self, Setup, Tokens},
    stores::{self, Missing, Spec},
};

pub(super) async fn run(args: &cli::Serve, config: &Config) -> Result<Exit, Stop> {
    if args.nats.is_some() {
        return Err(Stop::usage(
            "--nats kommt in einer späteren Ausgabe; Zeilen nimmt der Server über HTTP an.",
        ));
    }
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
    };
    serve::serve(listener, setup, told).await?;
    Ok(Exit::Done)
}
