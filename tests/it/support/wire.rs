//! Bytes on a connection, for what no decent client would send.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

/// Sends bytes as they are and reads what comes back, until the other side closes or is silent.
pub(crate) fn exchange(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    // Whoever refuses early may close before everything is sent.
    drop(stream.write_all(bytes));
    answer(&mut stream)
}

/// Sends one byte at a time with a pause after each, for so long at most; how long the other side bore it,
/// and what it said.
pub(crate) fn send_slowly(
    address: &str,
    bytes: &[u8],
    pause: Duration,
    most: Duration,
) -> (Duration, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    let begun = Instant::now();
    let mut said = Vec::new();
    for byte in bytes.iter().cycle() {
        if begun.elapsed() > most || stream.write_all(&[*byte]).is_err() {
            break;
        }
        let mut some = [0; 4_096];
        match stream.read(&mut some) {
            Ok(0) => break,
            Ok(count) => {
                said.extend_from_slice(&some[..count]);
                break;
            }
            Err(_) => thread::sleep(pause),
        }
    }
    (begun.elapsed(), String::from_utf8_lossy(&said).into_owned())
}

fn answer(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    let mut some = [0; 8_192];
    while let Ok(count) = stream.read(&mut some) {
        if count == 0 {
            break;
        }
        said.extend_from_slice(&some[..count]);
        if is_whole(&said) {
            break;
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// Whether head and stated length are there.
fn is_whole(said: &[u8]) -> bool {
    let text = String::from_utf8_lossy(said);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|it| {
        it.to_lowercase()
            .strip_prefix("content-length:")?
            .trim()
            .parse()
            .ok()
    });
    length.is_some_and(|length: usize| body.len() >= length)
}
