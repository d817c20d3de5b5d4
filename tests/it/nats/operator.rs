//! Who keeps the server: what the texts tell people to do there, as the user that is shipped for it.

use std::time::Duration;

use serde_json::{Value, json};

use super::access::{access, serving_by_password, watched, with_permissions};
use crate::support::{
    Place, block_on, eventually,
    nats::{EVENTS, PROGRAMME, called_as, nats_folder, printed, said_as},
};

/// What the texts tell people to do on the server, the shipped operator may do; and nobody else.
#[test]
fn the_operator_reads_dead_letters_and_looks_after_the_streams() {
    const DEAD: &str = "LEITSTAND_DEAD";
    let place = Place::begun();
    let nats = with_permissions(nats_folder(&place));
    let url = nats.url();
    let server = serving_by_password(&place, &nats);
    let pmo = access("pmo-1", "_INBOX_pmo-1");
    let broken = [json!({ "table": "impediments", "row": { "id": "H-1" } })];
    said_as(&pmo, &["post", &url, PROGRAMME, "pmo-1"], &broken);
    // In Leitstand's account, with the server's API where it is.
    let [user, password, inbox, patience, _] = access("betrieb", "_INBOX_betrieb");
    let operator = [user, password, inbox, patience];
    let mut letters = Vec::new();
    eventually("the dead letter is there", || {
        letters = said_as(&operator, &["stream", &url, DEAD], &[]);
        letters.len() == 1
    });
    let letter = &letters[0];
    assert_eq!(letter["subject"], "leitstand.spt-dd.dead.impediments");
    assert!(letter["headers"]["Leitstand-Code"].is_string(), "{letter}");

    // Everybody else is refused, in every way; Leitstand sees the stream and writes there, no more.
    let [user, password, inbox, patience, _] = access("leitstand", "_INBOX");
    let own = [user, password, inbox, patience];
    let [finance, reader, follower] = [
        access("kasse-1", "_INBOX_kasse-1"),
        access("leser-1", "_INBOX_leser-1"),
        access("folger-1", "_INBOX_folger-1"),
    ];
    let subject = "leitstand.spt-dd.dead.impediments";
    let allowed = [format!("$JS.API.STREAM.INFO.{DEAD}"), subject.to_owned()];
    for who in [&own[..], &pmo, &finance, &reader, &follower] {
        for it in said_as(who, &["take", &url, DEAD, subject], &[]) {
            let (what, came) = it.as_object().unwrap().iter().next().unwrap();
            if who != &own[..] || !allowed.contains(what) {
                assert_eq!(*came, Value::Null, "{who:?} {what}");
            }
        }
    }
    block_on(async {
        let (client, objections) = watched(&url, "betrieb").await;
        let context = async_nats::jetstream::new(client.clone());
        let raw = context.get_stream(DEAD).await.unwrap();
        let first = raw.get_raw_message(1).await.unwrap();
        assert_eq!(first.subject.as_str(), subject);
        let mut roomy = serde_json::to_value(&raw.cached_info().config).unwrap();
        roomy["max_bytes"] = json!(512 << 20);
        for (verb, body) in [
            (format!("STREAM.UPDATE.{DEAD}"), roomy),
            (format!("STREAM.PURGE.{DEAD}"), json!({})),
            (
                "CONSUMER.DELETE.LEITSTAND_FEED.leitstand".to_owned(),
                json!({}),
            ),
            (format!("STREAM.DELETE.{EVENTS}"), json!({})),
        ] {
            let done: Value = context.request(verb.clone(), &body).await.unwrap();
            assert!(done.get("error").is_none(), "{verb}: {done}");
        }
        assert_eq!(*objections.lock().unwrap(), [] as [String; 0]);
        for subject in [
            "$JS.API.STREAM.MSG.GET.LEITSTAND_LOG_spt-dd",
            "$JS.API.STREAM.DELETE.LEITSTAND_LOG_spt-dd",
            "$JS.API.STREAM.CREATE.ANOTHER",
            "leitstand.spt-dd.feed.impediments.pmo-1",
            "leitstand.spt-dd.evt.catalogue._.x",
        ] {
            let asked = client.request(subject, "{}".into());
            let told = tokio::time::timeout(Duration::from_secs(1), asked).await;
            assert!(!matches!(told, Ok(Ok(_))), "{subject}: {told:?}");
        }
    });
    // Leitstand makes anew what was removed.
    let count = place.on_store(&["events", "--format", "json"]).ended(0).out;
    let count = count.lines().count();
    eventually("all events are out again", || {
        let ran = called_as(&follower, &["stream", &url, EVENTS], &[]);
        ran.code == 0 && printed(&ran).len() == count
    });
    eventually("posted rows are taken again", || {
        server.get("/readyz").status == 200
    });
}
