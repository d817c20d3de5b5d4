//! A disk that is no place for a log is refused; and one that is full: nothing acknowledged is lost, the server says what is the matter and goes on by itself.
//! A small file system is mounted for it, which takes root, as the tests of a cluster do.

use std::{
    fs::File,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::support::{Place, Server, eventually};

/// Mounted, and taken away again at the end.
struct Mounted(PathBuf);

impl Mounted {
    /// Four megabytes.
    fn at(path: PathBuf) -> Self {
        std::fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "leitstand-test"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(mounted.success(), "a file system is mounted; as root");
        Self(path)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let gone = Command::new("umount")
            .arg("--lazy")
            .arg(&self.0)
            .stderr(Stdio::null())
            .status();
        drop(gone);
    }
}

#[test]
fn a_network_drive_is_refused() {
    let elsewhere = Place::empty();
    let folder = elsewhere.path("network");
    std::fs::create_dir(&folder).unwrap();
    // Nobody serves it and we are not who it belongs to, so the system itself says what kind it is.
    let mount = "exec 3<>/dev/fuse; mount -i -t fuse -o fd=3,rootmode=40000,user_id=12345,group_id=12345 network \"$0\"";
    let mounted = Command::new("sh")
        .args(["-c", mount])
        .arg(&folder)
        .status()
        .unwrap();
    assert!(mounted.success(), "a file system is mounted; as root");
    let drive = Mounted(folder);
    let log = drive.0.join("log.db");
    let place = Place::of(format!("sqlite:{}", log.display()));
    let told = place.on_store(&["init"]).ended(6);
    assert!(told.err.contains("Netzlaufwerk"), "{told:?}");
}

#[test]
fn a_full_disk_loses_nothing_is_told_and_is_gone_when_there_is_room() {
    let elsewhere = Place::empty();
    let disk = Mounted::at(elsewhere.path("disk"));
    let log = disk.0.join("log.db");
    let place = Place::of(format!("sqlite:{}", log.display()));
    place.on_store(&["init"]).ended(0);
    let server = Server::start(&place);
    let row = |number: usize| json!({ "id": format!("H-{number}"), "subject": "PROG", "title": "T", "reported_on": "2025-01-01" });

    let filler = disk.0.join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4_096]).is_ok() {}
    drop(file);
    let mut acknowledged = 0;
    let refused = loop {
        let reply = server.post("impediments", &row(acknowledged));
        if reply.status != 200 {
            break reply;
        }
        acknowledged += 1;
        assert!(acknowledged < 20_000, "the disk is full");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    let ready = server.get("/readyz").with_status(503).json();
    assert!(ready["reasons"].to_string().contains("voll"), "{ready}");
    let open = |server: &Server| -> Value {
        let answer = server.get("/api/v1/impediments").with_status(200);
        answer.json()["summary"]["open"].clone()
    };
    assert_eq!(open(&server), acknowledged, "answers are still given");

    std::fs::remove_file(&filler).unwrap();
    eventually("the server is ready again by itself", || {
        server.get("/readyz").status == 200
    });
    server
        .post("impediments", &row(acknowledged))
        .with_status(200);
    eventually("every row once", || open(&server) == acknowledged + 1);
    drop(server);
    place.on_store(&["audit", "verify"]).ended(0);
}
