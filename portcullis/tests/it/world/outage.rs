//! A database that can become unreachable and come back.
//!
//! PostgreSQL is behind a proxy that is cut: connections end, and its port is closed. The file of
//! SQLite is locked by another connection, so that nothing can be written.

use std::{
    fs::DirBuilder,
    net::SocketAddr,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// What stands between the server and its database.
pub enum Outage {
    Proxy { address: SocketAddr, target: String, serving: JoinSet<()> },
    Lock { file: PathBuf, held: Mutex<Option<rusqlite::Connection>> },
}

impl Outage {
    /// In front of a PostgreSQL server at `target`.
    pub async fn proxy(target: String) -> Outage {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, target.clone()));
        Outage::Proxy { address, target, serving }
    }

    /// Beside a SQLite file.
    pub fn lock(file: &Path) -> Outage {
        Outage::Lock { file: file.to_owned(), held: Mutex::default() }
    }

    pub async fn begin(&mut self) {
        match self {
            // Takes the connections along, which belong to the task.
            Outage::Proxy { serving, .. } => serving.shutdown().await,
            Outage::Lock { file, held } => *held.get_mut().unwrap() = Some(locked(file)),
        }
    }

    pub async fn end(&mut self) {
        match self {
            Outage::Proxy { address, target, serving } => {
                let listener = TcpListener::bind(*address).await.unwrap();
                serving.spawn(serve(listener, target.clone()));
            }
            Outage::Lock { held, .. } => drop(held.get_mut().unwrap().take()),
        }
    }
}

fn locked(file: &Path) -> rusqlite::Connection {
    DirBuilder::new().recursive(true).mode(0o700).create(file.parent().unwrap()).unwrap();
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.busy_timeout(Duration::from_secs(30)).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    connection
}

async fn serve(listener: TcpListener, target: String) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let target = target.clone();
        connections.spawn(async move {
            if let Ok(mut far) = TcpStream::connect(target).await {
                drop(copy_bidirectional(&mut near, &mut far).await);
            }
        });
    }
}
