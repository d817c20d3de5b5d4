//! Hosts that can be cut off: network namespaces joined by a bridge (`iproute2`, as root).

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Mutex,
};

/// Several hosts on a network of their own; gone when dropped.
#[derive(Debug)]
pub struct Net {
    /// The third number of its addresses, which nobody else on this machine has.
    number: u8,
    hosts: u8,
}

impl Net {
    /// Makes a network with so many hosts, which are counted from 1.
    ///
    /// # Panics
    /// There is no `ip`, or it is not allowed: a missing tool is a failure.
    #[must_use]
    pub fn of(hosts: u8) -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _one = ONE_AT_A_TIME.lock();
        // Making the bridge claims the number, for other processes, too.
        let number = (1..=250).find(|it| is_done(&["link", "add", &bridge(*it), "type", "bridge"]));
        let number = number.expect("`ip link add … type bridge` works as root (iproute2)");
        let net = Self { number, hosts };
        let bridge = bridge(number);
        let outside = format!("{}/24", net.address(254));
        ip(&["addr", "add", &outside, "dev", &bridge]);
        ip(&["link", "set", &bridge, "up"]);
        for host in 1..=hosts {
            let (name, cable) = (net.host(host), net.cable(host));
            // What a killed run left, or one whose last process is still ending.
            let _nothing = is_done(&["link", "del", &cable]);
            let _nothing = is_done(&["netns", "del", &name]);
            ip(&["netns", "add", &name]);
            ip(&[
                "link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", &name,
            ]);
            ip(&["link", "set", &cable, "master", &bridge, "up"]);
            let address = format!("{}/24", net.address(host));
            ip(&["-n", &name, "addr", "add", &address, "dev", "eth0"]);
            ip(&["-n", &name, "link", "set", "eth0", "up"]);
            ip(&["-n", &name, "link", "set", "lo", "up"]);
        }
        net
    }

    /// The address of a host.
    #[must_use]
    pub fn address(&self, host: u8) -> String {
        // A range for measurements of networks (RFC 2544), which nobody routes.
        format!("198.18.{}.{host}", self.number)
    }

    /// Nothing comes to this host any more, or from it; nobody is told.
    ///
    /// # Panics
    /// `ip` fails.
    pub fn cut(&self, host: u8) {
        ip(&["link", "set", &self.cable(host), "down"]);
    }

    /// The host is there again.
    ///
    /// # Panics
    /// `ip` fails.
    pub fn mend(&self, host: u8) {
        ip(&["link", "set", &self.cable(host), "up"]);
    }

    /// A program on a host. Its process is the program itself.
    #[must_use]
    pub fn command(&self, host: u8, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.host(host)]);
        command.arg(program);
        command
    }

    fn host(&self, host: u8) -> String {
        format!("leitstand-{}-{host}", self.number)
    }

    fn cable(&self, host: u8) -> String {
        format!("ls{}-{host}", self.number)
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for host in 1..=self.hosts {
            let _gone = is_done(&["netns", "del", &self.host(host)]);
        }
        let _gone = is_done(&["link", "del", &bridge(self.number)]);
    }
}

fn bridge(number: u8) -> String {
    format!("lsbr{number}")
}

fn is_done(arguments: &[&str]) -> bool {
    let mut command = Command::new("ip");
    command.args(arguments).stderr(Stdio::null());
    let status = command.status();
    status
        .expect("`ip` is there (iproute2); scripts/test installs it")
        .success()
}

fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output();
    let output = output.expect("`ip` is there (iproute2); scripts/test installs it");
    assert!(
        output.status.success(),
        "ip {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
