//! How `sslmode` verifies the server's certificate. The server here closes the connection after the
//! handshake, so that accepted and refused certificates can be told apart.

use std::path::Path;

use domain::settings::Database;
use store::{Error, Store};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;

/// Accepts TLS, then closes the connection.
async fn serve(listener: TcpListener, acceptor: TlsAcceptor) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 8];
        if stream.read_exact(&mut asked).await.is_err() || stream.write_all(b"S").await.is_err() {
            continue;
        }
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let _ = stream.read(&mut [0; 64]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_verified_as_sslmode_says() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // Not for its address.
    let (ours, other) = (Certificate::of(&["localhost"]), Certificate::of(&[]));
    let mut serving = JoinSet::new();
    serving.spawn(serve(listener, ours.acceptor.clone()));
    let (file, other) = (&*ours.ca_file(), &*other.ca_file());
    for (host, mode, ca_file, is_taken) in [
        ("127.0.0.1", "prefer", "", true),
        ("127.0.0.1", "require", "", true),
        ("127.0.0.1", "require", file, true),
        ("127.0.0.1", "require", other, false),
        ("127.0.0.1", "prefer", other, false),
        ("127.0.0.1", "verify-ca", file, true),
        ("127.0.0.1", "verify-ca", other, false),
        ("localhost", "verify-full", file, true),
        ("localhost", "verify-full", other, false),
        ("127.0.0.1", "verify-full", file, false),
        ("localhost", "verify-full", "", false),
        ("localhost", "verify-full", "system", false),
    ] {
        let url = format!("postgres://anna@{host}:{port}/test?sslmode={mode}");
        let in_url = match ca_file {
            "" => url.clone(),
            _ => format!("{url}&sslrootcert={ca_file}"),
        };
        let by_setting = (url, ca_file.replace("system", ""));
        for (url, ca_file) in [by_setting, (in_url, String::new())] {
            let settings = Database { url: url.as_str().into(), ca_file, ..Database::default() };
            let ended = Store::connect(&settings, Path::new("/nowhere")).await.map(drop);
            match (is_taken, ended) {
                (true, Err(Error::Unavailable(_))) => {}
                (false, Err(Error::Unsuitable { what, remedy }))
                    if what.contains("certificate") && remedy.contains("sslmode") => {}
                (_, ended) => panic!("{url}: {ended:?}"),
            }
        }
    }
}
