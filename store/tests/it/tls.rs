//! What `sslmode` asks of a server's certificate. The server here hangs up after the handshake, so
//! that a certificate that was taken can be told from one that was refused.

use std::{io::Write as _, path::Path, sync::Arc};

use domain::settings::Database;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use store::{Error, Store};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> (Authority, NamedTempFile) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(authority.pem().as_bytes()).unwrap();
    (authority, file)
}

/// With a certificate for `localhost`, and not for its address.
fn acceptor(authority: &Authority) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Takes up TLS when it is asked for, and then hangs up.
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
async fn certificates_are_checked_as_far_as_sslmode_says() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let ((ours, file), (_, other)) = (authority(), authority());
    let mut serving = JoinSet::new();
    serving.spawn(serve(listener, acceptor(&ours)));
    let [file, other] = [&file, &other].map(|it| it.path().to_str().unwrap());
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
