//! How does the server get its port?

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use anyhow::anyhow;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpListener, TcpSocket};

use crate::cli::failure::WithFix;

/// Connections that the system keeps for us until we accept them.
const BACKLOG: u32 = 1024;

/// A port that belongs to us, and that nobody can connect to yet.
#[derive(Debug)]
pub(crate) struct BoundPort {
    socket: TcpSocket,
    /// The address; the port is never 0.
    pub(crate) address: SocketAddr,
    how_to_name: &'static str,
}

impl BoundPort {
    /// Takes the port, so that a start that cannot succeed fails before it touches anything else. `how_to_name` says by which
    /// settings another is named.
    pub(crate) fn bind(wanted: SocketAddr, how_to_name: &'static str) -> anyhow::Result<Self> {
        let bind = || {
            let socket = if wanted.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.set_reuseaddr(true)?;
            socket.bind(wanted)?;
            let address = socket.local_addr()?;
            Ok(Self { socket, address, how_to_name })
        };
        bind().map_err(|error| explain(wanted, how_to_name, &error))
    }

    /// Lets clients connect.
    pub(crate) fn listen(self) -> anyhow::Result<TcpListener> {
        let (address, how_to_name) = (self.address, self.how_to_name);
        self.socket.listen(BACKLOG).map_err(|error| explain(address, how_to_name, &error))
    }
}

fn explain(address: SocketAddr, how_to_name: &str, error: &io::Error) -> anyhow::Error {
    let other = format!("name another with {how_to_name}");
    match error.kind() {
        ErrorKind::AddrInUse => anyhow!("port {} is in use by another program", address.port())
            .with_fix(format!("stop it, or {other}")),
        ErrorKind::PermissionDenied => anyhow!("this user may not listen on port {}", address.port())
            .with_fix(format!("{other}; ports below 1024 need the capability CAP_NET_BIND_SERVICE")),
        ErrorKind::AddrNotAvailable => anyhow!("{} is no address of this machine", address.ip())
            .with_fix("name one with PORTCULLIS_HOST or --host; 0.0.0.0 means all of them"),
        _ => anyhow!("cannot listen on {address}: {error}"),
    }
}

/// Lets the process open as many files as the system allows it to; each connection is one.
pub(crate) fn raise_file_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
    {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}
