//! One file per command.

mod answer;
mod audit;
mod backup;
mod calc;
mod close_year;
mod demo;
mod doctor;
mod erase;
mod events;
mod explain;
mod feed;
mod init;
mod profile;
mod ready;
mod schema;
mod serve;

use crate::{
    cli::{Audit, Called, Command, ConfigCommand},
    config::Config,
    exit::{Exit, Stop},
    out,
};

/// Carries out what was called for.
///
/// # Errors
/// Why it could not be done; what to say and how to exit.
pub(crate) async fn run(called: Called, config: &Config) -> Result<Exit, Stop> {
    let command = match called {
        Called::Answer(kind, args) => return answer::run(kind, &args, config).await,
        Called::Command(command) => command,
    };
    match command {
        Command::Demo(args) => demo::run(&args).await,
        Command::Init(args) => init::run(&args, config).await,
        Command::Feed(args) => feed::run(args, config).await,
        Command::Explain(args) => explain::run(&args, config).await,
        Command::Calc(args) => calc::run(&args),
        Command::Events(args) => events::run(&args, config).await,
        Command::Audit(Audit::Verify(args)) => audit::run(&args, config).await,
        Command::Backup(args) => backup::backup(args, config).await,
        Command::Restore(args) => backup::restore(args, config).await,
        Command::CloseYear(args) => close_year::run(&args, config).await,
        Command::Erase(args) => erase::run(&args, config).await,
        Command::Serve(args) => serve::run(&args, config).await,
        Command::Doctor(_) => doctor::run(config).await,
        Command::Schema(args) => schema::run(args.what),
        Command::Config(ConfigCommand::Show(_)) => {
            let others: Vec<String> = std::env::vars_os()
                .filter_map(|(name, _)| name.into_string().ok())
                .filter(|it| it.starts_with("LEITSTAND_"))
                .collect();
            out::print(&config.show(&others))?;
            Ok(Exit::Done)
        }
        Command::Ready(args) => ready::run(&args).await,
    }
}
