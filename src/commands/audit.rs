//! `leitstand audit verify`: is the log what was written?

use std::fmt::Write as _;

use leitstand_store::{Head, Verified, Wrong, verify};
use serde_json::json;

use crate::{
    cli::{self, TextOrJson},
    config::Config,
    exit::{Exit, Stop},
    out,
    stores::{self, Missing},
    texts::{self, Lost},
};

pub(super) async fn run(args: &cli::Verify, config: &Config) -> Result<Exit, Stop> {
    let expect = args.expect.as_deref().map(str::parse::<Head>).transpose();
    let expect = expect.map_err(|_| {
        Stop::usage("--expect ist ANZAHL:KOPF, der Kopf mit 64 hexadezimalen Ziffern.")
    })?;
    let opened = stores::open(config, Missing::Refuse).await?;
    let verified = verify(&*opened.store, expect).await?;
    // Who has the log without its keys can still verify it: a missing key breaks no chain.
    let lost = if verified.flaw.is_none() {
        texts::lost(&opened).await?
    } else {
        None
    };
    out::print(&match args.format {
        TextOrJson::Json => as_json(&verified, lost),
        TextOrJson::Text => as_text(&verified, expect),
    })?;
    if let Some(lost) = lost {
        out::say(&format!("Achtung: {}", lost.told()));
    }
    Ok(if verified.flaw.is_none() {
        Exit::Done
    } else {
        Exit::Integrity
    })
}

fn as_json(it: &Verified, lost: Option<Lost>) -> String {
    let sealed = it
        .sealed
        .map(|it| json!({ "count": it.count, "position": it.position.as_json() }));
    let flaw = it.flaw.as_ref().map(|it| {
        json!({ "position": it.position.as_json(), "message": words(&it.wrong), "message_en": it.wrong.to_string() })
    });
    let head = json!({
        "ok": it.flaw.is_none(),
        "count": it.head.count,
        "head": it.head.hash.to_string(),
        "sealed": sealed,
        "flaw": flaw,
        "texts_lost": lost.map(|it| json!({ "count": it.count, "position": it.first.as_json() })),
    });
    head.to_string() + "\n"
}

fn as_text(it: &Verified, expect: Option<Head>) -> String {
    let mut out = format!("Ereignisse: {}\nKopf: {}\n", it.head.count, it.head);
    match it.sealed {
        Some(sealed) => {
            let rest = it.head.count.saturating_sub(sealed.count);
            let _ = writeln!(
                out,
                "Versiegelt: die ersten {} Ereignisse (Siegel an Position {}); {rest} danach sind nur durch einen anderswo aufbewahrten Kopf belegt.",
                sealed.count,
                sealed.position.as_json()
            );
        }
        None => out.push_str("Versiegelt: noch nichts; ein abgeschnittenes Ende zeigt sich nur gegen einen anderswo aufbewahrten Kopf.\n"),
    }
    match &it.flaw {
        Some(flaw) => {
            let _ = writeln!(
                out,
                "NICHT IN ORDNUNG ab Position {}: {}",
                flaw.position.as_json(),
                words(&flaw.wrong)
            );
        }
        None if expect.is_some() => {
            out.push_str("In Ordnung: Ketten, Siegel und der erwartete Kopf stimmen.\n");
        }
        None => out.push_str("In Ordnung: Ketten und Siegel stimmen.\n"),
    }
    out
}

fn words(wrong: &Wrong) -> String {
    match wrong {
        Wrong::Order => "Es steht hinter einer späteren Position.".to_owned(),
        Wrong::Time => "Es wurde vor dem Ereignis davor aufgezeichnet.".to_owned(),
        Wrong::Number {
            stream,
            expected,
            found,
        } => {
            format!("Es ist Nummer {found} im Strom „{stream}“, wo Nummer {expected} hingehört.")
        }
        Wrong::Previous { stream } => {
            format!("Es folgt im Strom „{stream}“ nicht auf das Ereignis davor.")
        }
        Wrong::Content => "Sein Inhalt passt nicht zu seiner Prüfsumme.".to_owned(),
        Wrong::Unreadable(_) => "Es enthält etwas, das kein Wert seiner Art ist.".to_owned(),
        Wrong::SealUnreadable => "Das Siegel ist nicht lesbar.".to_owned(),
        Wrong::SealRange { count, least, most } => {
            format!("Das Siegel deckt {count} Ereignisse; möglich sind {least} bis {most}.")
        }
        Wrong::SealBroken { count, .. } => {
            format!("Die ersten {count} Ereignisse sind nicht die versiegelten.")
        }
        Wrong::TailCut { expected, found } => {
            format!(
                "Das Protokoll endet nach {found} Ereignissen, hatte aber {expected}: Sein Ende wurde abgeschnitten."
            )
        }
        Wrong::Unexpected { count, .. } => {
            format!("Die ersten {count} Ereignisse haben nicht den erwarteten Kopf.")
        }
    }
}
