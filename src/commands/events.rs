//! `leitstand events`: the log.

use std::{fmt::Write as _, time::Duration};

use leitstand_ingest::cloud_event;
use leitstand_store::{Position, Recorded};

use crate::{
    cli::{self, TextOrJson},
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, Missing, Opened},
};

const PAGE: usize = 1_000;
/// So often the log is looked at even if nobody says that it moved.
const POLL: Duration = Duration::from_millis(500);

pub(super) async fn run(args: &cli::Events, config: &Config) -> Result<Exit, Stop> {
    let opened = stores::open(config, Missing::Refuse).await?;
    let programme = opened.programme(config).await?;
    tokio::select! {
        told = tell(args, &opened, &programme) => told,
        _ = tokio::signal::ctrl_c() => Err(Stop::silent(Exit::Interrupted)),
    }
}

async fn tell(args: &cli::Events, opened: &Opened, programme: &str) -> Result<Exit, Stop> {
    let mut after = Position::from_json(args.after);
    if let (Some(stream), false) = (&args.stream, args.follow) {
        let events = opened.store.read(stream).await?;
        for page in events.chunks(PAGE) {
            out::print(&lines(
                page.iter().filter(|it| after < it.position),
                args.format,
                programme,
            ))?;
        }
        return Ok(Exit::Done);
    }
    loop {
        let page = opened.store.page(after, PAGE).await?;
        let wanted = page.iter().filter(|it| {
            args.stream
                .as_deref()
                .is_none_or(|stream| *it.stream == *stream)
        });
        out::print(&lines(wanted, args.format, programme))?;
        if let Some(last) = page.last() {
            after = last.position;
        }
        if page.len() == PAGE {
            continue;
        }
        if !args.follow {
            return Ok(Exit::Done);
        }
        tokio::select! {
            () = opened.store.moved(after) => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

fn lines<'a>(
    events: impl Iterator<Item = &'a Recorded>,
    format: TextOrJson,
    programme: &str,
) -> String {
    let mut out = String::new();
    for event in events {
        match format {
            TextOrJson::Json => {
                out.push_str(&cloud_event::json(event, programme));
                out.push('\n');
            }
            TextOrJson::Text => {
                let _ = writeln!(
                    out,
                    "{:>8}  {}  {:<28} {:<32} wirksam {}  bekannt {}  {}",
                    event.position.as_json(),
                    event.recorded_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    event.stream,
                    event.name,
                    event.effective_on,
                    event.known_on,
                    event.actor
                );
            }
        }
    }
    out
}
