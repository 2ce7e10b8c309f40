//! A certificate authority that lives as long as its test, and a server's certificate of it.

use std::{io::Write as _, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;

/// The certificate of a server, and the file of the authority that issued it.
pub struct Certificate {
    pub acceptor: TlsAcceptor,
    authority: NamedTempFile,
}

impl Certificate {
    /// A certificate for these names and addresses.
    pub fn of(names: &[&str]) -> Certificate {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();

        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|it| (*it).to_owned()).collect();
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();

        let mut file = NamedTempFile::new().unwrap();
        file.write_all(authority.pem().as_bytes()).unwrap();
        Certificate { acceptor: TlsAcceptor::from(Arc::new(config)), authority: file }
    }

    /// The path of the authority's certificate.
    pub fn ca_file(&self) -> String {
        self.authority.path().to_str().unwrap().to_owned()
    }
}
