//! Help and error messages in German, with examples and exit codes.

use std::fmt::Write as _;

use clap::{
    Arg, ArgAction, Args as _, CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};
use leitstand_projections::answers;

use super::{Answer, Cli, pages};
use crate::{
    exit::{Exit, Stop},
    out,
};

const TEMPLATE: &str = "{about}\n\nAufruf: {usage}\n\n{all-args}{after-help}";

/// The whole command line: our commands, and one per answer of the registry.
pub(super) fn command() -> clap::Command {
    let mut command = Cli::command();
    for kind in answers::ALL {
        let about = format!("Auskunft: {}", kind.title);
        let answer = Answer::augment_args(clap::Command::new(kind.name)).about(about);
        // What means nothing to an answer is not offered; stated all the same, it says why it is refused.
        let answer = answer.mut_args(|it| {
            let is_taken = kind.takes(it.get_id().as_str());
            it.hide(!is_taken)
        });
        command = command.subcommand(answer);
    }
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .help("Zeigt die Fassung")
        .action(ArgAction::Version);
    let command = command.version(version_text()).arg(version);
    let listed = listed(&command);
    let command = decorated(command, "leitstand", "");
    command
        .help_template(
            "{about}\n\nAufruf: leitstand BEFEHL [SCHALTER]\n\n{before-help}{options}{after-help}",
        )
        .before_help(listed)
        .after_help("„leitstand BEFEHL --help“ nennt Beispiele und Ausgänge eines Befehls.")
}

/// Name, version, when and from what it was built.
fn version_text() -> String {
    let commit = option_env!("LEITSTAND_COMMIT").unwrap_or("unbekannt");
    format!(
        "{} (Stand {commit}; SQLite {}; Speicher: memory, sqlite, nats)",
        env!("CARGO_PKG_VERSION"),
        rusqlite::version()
    )
}

/// Commands by group, each with what it does.
fn listed(command: &clap::Command) -> String {
    let about = |name: &str| {
        let found = command.get_subcommands().find(|it| it.get_name() == name);
        found
            .and_then(clap::Command::get_about)
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    let mut out = String::new();
    for (group, names) in pages::GROUPS {
        let _ = writeln!(out, "{group}:");
        if names.is_empty() {
            for kind in answers::ALL {
                let _ = writeln!(out, "  {:<12} {}", kind.name, kind.title);
            }
        }
        for name in names {
            let _ = writeln!(out, "  {name:<12} {}", about(name));
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn decorated(mut command: clap::Command, name: &str, parents: &str) -> clap::Command {
    let path = format!("{parents}{name}");
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .help("Zeigt diese Hilfe")
        .action(ArgAction::Help);
    command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(help)
        .help_template(TEMPLATE);
    command = command
        .subcommand_help_heading("Befehle")
        .subcommand_value_name("BEFEHL");
    let top_level = path == "leitstand";
    command = command.mut_args(|arg| {
        let heading = if arg.is_positional() {
            "Angaben"
        } else {
            "Schalter"
        };
        let arg = arg.hide_possible_values(true).hide_default_value(true);
        if arg.is_global_set() {
            arg
        } else {
            arg.help_heading(heading)
        }
    });
    let names: Vec<String> = command
        .get_subcommands()
        .map(|it| it.get_name().to_owned())
        .collect();
    let below = if top_level {
        String::new()
    } else {
        format!("{path} ")
    };
    for child in names {
        command = command.mut_subcommand(&child, |it| decorated(it, &child, &below));
    }
    let usage = command
        .clone()
        .bin_name(format!("leitstand {path}"))
        .render_usage()
        .to_string();
    let usage = usage
        .trim_start_matches("Usage: ")
        .replace("[OPTIONS]", "[SCHALTER]")
        .replace("<BEFEHL>", "BEFEHL");
    if !top_level {
        command = command.override_usage(usage).after_help(after(&path));
    }
    command
}

/// Examples and exit codes of a command.
fn after(path: &str) -> String {
    let page = pages::PAGES.iter().find(|it| it.name == path);
    let of_answer = [
        format!("leitstand {path} --as-of 2024-12-31"),
        format!("leitstand {path} --format csv-de > {path}.csv"),
    ];
    let examples = page.map_or(of_answer, |it| it.examples.map(str::to_owned));
    let exits = page.map_or(pages::ANSWER_EXITS, |it| it.exits);
    let mut out = page.map(pages::more).unwrap_or_default();
    let _ = writeln!(
        out,
        "Beispiele:\n  {}\n  {}\n\nAusgänge:",
        examples[0], examples[1]
    );
    for (exit, meaning) in Exit::ALL.iter().filter(|(it, _)| exits.contains(it)) {
        let _ = writeln!(out, "  {:<4} {meaning}", *exit as u8);
    }
    out.trim_end().to_owned()
}

/// Tells what is wrong with the call, or the help or version asked for.
pub(super) fn told(error: &clap::Error) -> Stop {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return match out::print(&error.to_string()) {
            Ok(()) => Stop::silent(Exit::Done),
            Err(stop) => stop,
        };
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        out::say(&error.to_string());
        return Stop::silent(Exit::Usage);
    }
    let of = |kind: ContextKind| error.get(kind).map(words).unwrap_or_default();
    let argument = of(ContextKind::InvalidArg);
    let value = of(ContextKind::InvalidValue);
    let mut message = match error.kind() {
        ErrorKind::UnknownArgument => format!("Die Angabe „{argument}“ gibt es hier nicht."),
        ErrorKind::InvalidSubcommand => format!(
            "Den Befehl „{}“ gibt es nicht.",
            of(ContextKind::InvalidSubcommand)
        ),
        ErrorKind::MissingRequiredArgument => format!("Es fehlt: {argument}."),
        ErrorKind::MissingSubcommand => "Es fehlt ein Befehl.".to_owned(),
        ErrorKind::InvalidValue if value.is_empty() => format!("Zu „{argument}“ fehlt der Wert."),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let valid = of(ContextKind::ValidValue);
            let valid = if valid.is_empty() {
                String::new()
            } else {
                format!("; möglich sind: {valid}")
            };
            format!("„{value}“ ist kein Wert für „{argument}“{valid}.")
        }
        ErrorKind::ArgumentConflict => format!(
            "„{argument}“ und „{}“ gehen nicht zusammen.",
            of(ContextKind::PriorArg)
        ),
        ErrorKind::TooManyValues => format!("„{value}“ ist zu viel."),
        _ => "Der Aufruf ist nicht richtig.".to_owned(),
    };
    for kind in [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ] {
        let suggested = of(kind);
        if !suggested.is_empty() {
            let _ = write!(message, " Meinten Sie „{suggested}“?");
        }
    }
    message.push_str(" „--help“ zeigt, wie es geht.");
    Stop::usage(message)
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(it) => it.clone(),
        ContextValue::Strings(it) => it.join(", "),
        ContextValue::Number(it) => it.to_string(),
        ContextValue::StyledStr(it) => it.to_string(),
        ContextValue::StyledStrs(it) => it
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(command: &mut clap::Command) -> String {
        command.render_help().to_string()
    }

    #[test]
    fn every_command_has_two_examples_and_its_exit_codes() {
        let mut all: Vec<clap::Command> = command().get_subcommands().cloned().collect();
        let below: Vec<clap::Command> = all
            .iter()
            .flat_map(clap::Command::get_subcommands)
            .cloned()
            .collect();
        all.extend(below);
        assert!(all.len() > 20);
        for command in &mut all {
            let help = help(command);
            let examples = help.split("Beispiele:").nth(1).unwrap_or_default();
            assert!(examples.matches("leitstand").count() >= 2, "{help}");
            assert!(help.contains("Ausgänge:\n  0    erledigt\n"), "{help}");
            for english in [
                "Usage:",
                "Options:",
                "Arguments:",
                "[OPTIONS]",
                "Print help",
                "possible values",
            ] {
                assert!(!help.contains(english), "{english}: {help}");
            }
        }
    }

    #[test]
    fn the_help_of_serve_names_every_money_table_and_a_body_that_may_report() {
        let mut command = command();
        let serve = command.find_subcommand_mut("serve").expect("a command");
        let help = help(serve);
        let money = help.split("außer Geld (").nth(1).unwrap_or_default();
        let money = money.split(')').next().unwrap_or_default();
        let mut named: Vec<&str> = money.split(',').map(str::trim).collect();
        named.sort_unstable();
        let mut all = leitstand_domain::tables::MONEY.to_vec();
        all.sort_unstable();
        assert_eq!(named, all);
        let body = help.split("bodies = [\"").nth(1).unwrap_or_default();
        let body = body.split('"').next().unwrap_or_default();
        let catalogue = include_str!("../../ingest/data/catalogue.yaml");
        assert!(catalogue.contains(&format!("{{id: {body},")), "{body}");
    }

    #[test]
    fn the_first_page_lists_every_command_once() {
        let mut command = command();
        let help = help(&mut command);
        for name in command
            .get_subcommands()
            .filter(|it| !it.is_hide_set())
            .map(clap::Command::get_name)
        {
            assert_eq!(
                help.matches(&format!("\n  {name} ")).count(),
                1,
                "{name}: {help}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_german_with_a_suggestion() {
        let read = |line: &str| {
            let line = line.split(' ').map(std::ffi::OsString::from);
            super::super::read(line)
                .map(|_| ())
                .expect_err("a wrong call")
        };
        for (line, words) in [
            ("leitstand statsu", "status“?"),
            (
                "leitstand status --as-off 2024-12-31",
                "Die Angabe „--as-off“ gibt es hier nicht.",
            ),
            ("leitstand feed", "Es fehlt: <PFAD>"),
            ("leitstand feed x --format xml", "möglich sind: text, json"),
            (
                "leitstand erase --event x --reason r",
                "„x“ ist kein Wert für",
            ),
        ] {
            let stop = read(line);
            assert_eq!(stop.exit, Exit::Usage);
            assert!(stop.message.contains(words), "{line}: {stop}");
        }
    }
}
