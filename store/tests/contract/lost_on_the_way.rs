//! A log of which something is lost that came while a connection broke, or that its server cannot read.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use leitstand_store::{
    AppendError, EventStore, Expected, LostLog, Position, StoreError, contract::event,
};
use leitstand_tests::nats::NatsServer;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::{
    Test, block_on,
    jetstream::open,
    lost::{Kept, append, lost, until},
    tests,
};

pub(crate) const TESTS: &[Test] = tests![
    what_is_read_while_a_connection_breaks_is_missed_when_it_is_gone,
    an_append_acknowledged_on_a_connection_that_broke_is_looked_for,
    a_newest_message_that_cannot_be_read_is_no_shorter_log,
];

/// A way to a server on which everything can be held up, and cut.
struct Way {
    port: u16,
    /// Whether what the server says is held up.
    held: watch::Sender<bool>,
    /// How often it was cut.
    cuts: watch::Sender<u32>,
}

impl Way {
    async fn to(server: &NatsServer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let way = Self {
            port: listener.local_addr().unwrap().port(),
            held: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
        };
        let (held, cuts, port) = (way.held.subscribe(), way.cuts.subscribe(), server.port());
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                // While there is no server nobody is let in.
                let Ok(there) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let ((from, to), (answers, asks)) = (here.into_split(), there.into_split());
                let (held, mut cuts) = (held.clone(), cuts.clone());
                cuts.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(from, asks, None) => {}
                        () = carry(answers, to, Some(held)) => {}
                        _ = cuts.changed() => {}
                    }
                });
            }
        });
        way
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn hold(&self) {
        self.held.send_replace(true);
    }

    fn cut(&self) {
        self.cuts.send_modify(|it| *it += 1);
        self.held.send_replace(false);
    }

    /// What was held up comes; if the server is gone, that comes right behind it.
    fn release(&self) {
        self.held.send_replace(false);
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut held: Option<watch::Receiver<bool>>,
) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if let Some(held) = &mut held
            && held.wait_for(|it| !it).await.is_err()
        {
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// It was told to others, so its loss must be noticed.
fn what_is_read_while_a_connection_breaks_is_missed_when_it_is_gone() {
    block_on(async {
        let (mut kept, other) = Kept::begun().await;
        let way = Way::to(&kept.server).await;
        let store = open(&way.url(), "test").await;
        let known = store.page(Position::START, 9).await.unwrap();
        let last = known.last().unwrap().position;
        way.hold();
        let reading = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.page(last, 9).await })
        };
        tokio::time::sleep(Duration::from_millis(200)).await;
        append(&other, 3..4).await;
        way.cut();
        let read = reading.await.unwrap().unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(&*read[0].stream, "s-3");
        kept.server.kill();
        kept.is_put_back();
        kept.server.restart();
        assert_eq!(lost(&store).await, LostLog::Shorter { found: 3, seen: 4 });
    });
}

/// The acknowledgement comes on a connection that ends, and when there is one again the log has gone back.
fn an_append_acknowledged_on_a_connection_that_broke_is_looked_for() {
    // One thread: the client sees the end of the connection before whoever waits for the answer goes on.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let (mut kept, other) = Kept::begun().await;
        let way = Way::to(&kept.server).await;
        let store = open(&way.url(), "test").await;
        append(&store, 3..4).await;
        assert_eq!(other.page(Position::START, 9).await.unwrap().len(), 4);
        drop(other);
        kept.server.stop();
        kept.keep();
        kept.server.restart();
        append(&store, 4..5).await;
        way.hold();
        let appending = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.append("s-5", Expected::Empty, vec![event(5)]).await })
        };
        let direct = open(&kept.server.url(), "test").await;
        while direct.page(Position::START, 9).await.unwrap().len() < 6 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(direct);
        kept.server.kill();
        kept.is_put_back();
        kept.server.restart();
        // The way sees that the server ended before it lets through what came before.
        tokio::time::sleep(Duration::from_millis(300)).await;
        way.release();
        let appended = appending.await.unwrap();
        assert!(
            matches!(&appended, Err(AppendError::Store(error)) if error.lost().is_some()),
            "{appended:?}"
        );
        assert_eq!(lost(&store).await, LostLog::Shorter { found: 4, seen: 5 });
    });
}

/// The last file with messages below a folder.
fn newest_block(folder: &Path) -> PathBuf {
    let mut blocks = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "blk")
                && path.to_string_lossy().contains("LEITSTAND_LOG_test")
            {
                blocks.push(path);
            }
        }
    }
    blocks.sort();
    blocks.pop().expect("a file with messages")
}

/// The server says that it has three messages, and of the third that there is none.
fn a_newest_message_that_cannot_be_read_is_no_shorter_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = NatsServer::start(folder.path());
    block_on(async {
        let store = open(&server.url(), "test").await;
        append(&store, 0..3).await;
        server.stop();
        let block = newest_block(folder.path());
        let mut bytes = fs::read(&block).unwrap();
        // Behind the payload there are eight bytes more.
        let at = bytes.len() - 20;
        bytes[at] ^= 1;
        fs::write(&block, bytes).unwrap();
        server.restart();
        let is_named = |it: Option<&LostLog>| it == Some(&LostLog::Unreadable { sequence: 3 });
        until(&store, 15, is_named).await;
        assert!(is_named(Some(&lost(&store).await)));
        // Nor does whoever begins now take it for a log of two.
        let anew = open(&server.url(), "test").await;
        let is_unreadable = |error: &StoreError| error.unreadable.is_some();
        let read = anew.page(Position::START, 9).await;
        assert!(read.as_ref().is_err_and(is_unreadable), "{read:?}");
        let newest = anew.newest().await;
        assert!(newest.as_ref().is_err_and(is_unreadable), "{newest:?}");
        let appended = anew.append("new", Expected::Empty, vec![event(9)]).await;
        assert!(
            matches!(&appended, Err(AppendError::Store(_))),
            "{appended:?}"
        );
    });
}
