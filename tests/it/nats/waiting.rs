//! Questions that wait for what is not recorded yet.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use crate::support::{
    Place, block_on,
    nats::{PROGRAMME, nats_in, serving},
};

/// Many who wait for a position that never comes keep nobody else waiting, and are told.
#[test]
fn who_waits_for_a_position_keeps_nobody_else_waiting() {
    let place = Place::begun();
    let nats = nats_in(&place);
    let _server = serving(&place, &nats);
    block_on(async {
        let options = async_nats::ConnectOptions::new();
        let options = options.request_timeout(Some(Duration::from_mins(1)));
        let client = options.connect(nats.url()).await.unwrap();
        let subject = |name: &str| format!("leitstand.{PROGRAMME}.ask.{name}");
        let far = || {
            let client = client.clone();
            let asked = async move {
                let body = r#"{"min_position":4503599627370496}"#;
                client.request(subject("funds"), body.into()).await.unwrap()
            };
            tokio::spawn(asked)
        };
        let waiting: Vec<_> = (0..600).map(|_| far()).collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let begun = Instant::now();
        let answer = client.request(subject("bodies"), "".into()).await.unwrap();
        assert!(answer.payload.starts_with(b"{"), "an answer");
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?}");
        let mut codes = Vec::new();
        for it in join_all(waiting).await {
            let headers = it.unwrap().headers.unwrap();
            let code = headers.get("Nats-Service-Error-Code").unwrap();
            let said = headers.get("Nats-Service-Error").unwrap().as_str();
            codes.push((code.to_string(), said.split(':').next().unwrap().to_owned()));
        }
        for code in ["busy", "position_not_reached"] {
            let such = |it: &&(String, String)| it.0 == "503" && it.1 == code;
            assert!(codes.iter().filter(such).count() > 200, "{code}");
        }
    });
}
