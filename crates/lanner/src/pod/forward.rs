//! `lanner pod port-forward`: ports of a pod's network, reached from this machine's.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use lanner_pod::supervisor::connect_in;

use super::{Shared, print, reconcile};

/// Reach ports of a pod from this machine.
#[derive(Args, Debug)]
pub(crate) struct PortForward {
    /// The pod.
    pod: String,

    /// LOCAL:PORT, or PORT for both; `:PORT` takes any free local port.
    #[arg(required = true, value_name = "[LOCAL:]PORT")]
    ports: Vec<String>,

    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
}

pub(crate) fn run(shared: &Shared, forward: &PortForward) -> Result<ExitCode> {
    reconcile::run(&shared.home())?;
    let (_, record) = shared.pod(&forward.pod)?;
    let running = record
        .machine
        .status
        .container_statuses
        .iter()
        .any(|c| c.is_running());
    let sandbox = record.sandbox.as_ref().and_then(|s| s.process);
    let Some(sandbox) = sandbox.filter(|_| running) else {
        let phase = record
            .machine
            .status
            .phase(record.pod.restart_policy())
            .name();
        bail!("error: unable to forward port because pod is not running. Current status={phase}");
    };
    let mut threads = Vec::new();
    for text in &forward.ports {
        let (local, remote) = ports(text)?;
        let listener = TcpListener::bind(SocketAddr::new(forward.address, local))
            .with_context(|| format!("unable to listen on port {local}"))?;
        let at = listener.local_addr()?;
        print(&format!("Forwarding from {at} -> {remote}\n"))?;
        threads.push(std::thread::spawn(move || {
            accept(&listener, sandbox, remote)
        }));
    }
    for thread in threads {
        // It ends only with this process.
        let _ = thread.join();
    }
    Ok(ExitCode::SUCCESS)
}

fn ports(text: &str) -> Result<(u16, u16)> {
    let (local, remote) = text.split_once(':').unwrap_or((text, text));
    let number = |t: &str| t.parse::<u16>().ok().filter(|p| *p != 0);
    let Some(remote) = number(remote) else {
        bail!("error: invalid port '{text}': expected LOCAL:PORT with numbers from 1 to 65535");
    };
    match local {
        "" | "0" => Ok((0, remote)),
        local => match number(local) {
            Some(local) => Ok((local, remote)),
            None => bail!(
                "error: invalid port '{text}': expected LOCAL:PORT with numbers from 1 to 65535"
            ),
        },
    }
}

fn accept(listener: &TcpListener, sandbox: lanner_pod::engine::Process, remote: u16) {
    for client in listener.incoming().flatten() {
        // Each connection is on its own; one that fails is closed, as the client sees.
        std::thread::spawn(move || {
            if let Ok(server) = connect_in(sandbox, remote) {
                splice(client, server);
            }
        });
    }
}

/// Copies both ways until both sides have ended.
fn splice(client: TcpStream, server: TcpStream) {
    let (Ok(mut from), Ok(mut to)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let up = std::thread::spawn(move || {
        // A side that is gone ends the copy.
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    // As above.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
    let _ = up.join();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_as_kubectl_reads_them() {
        let check = |text: &str, expect: Option<(u16, u16)>| {
            assert_eq!(ports(text).ok(), expect, "{text}");
        };
        check("5678", Some((5678, 5678)));
        check("80:5678", Some((80, 5678)));
        check(":5678", Some((0, 5678)));
        check("0:5678", Some((0, 5678)));
        for bad in ["", "0", "x", "80:", "80:0", "70000", "1:2:3"] {
            check(bad, None);
        }
    }
}
