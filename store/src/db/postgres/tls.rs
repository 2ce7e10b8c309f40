//! TLS to PostgreSQL, as `sslmode` in the address says. The modes are those of libpq.
//!
//! | `sslmode` | encrypted | certificate |
//! |---|---|---|
//! | `disable` | no | |
//! | `prefer` (default) | if the server supports it | issued by the `ca_file`, if there is one |
//! | `require` | yes | issued by the `ca_file`, if there is one |
//! | `verify-ca` | yes | issued by the `ca_file` |
//! | `verify-full` | yes | issued by the `ca_file`, or else a public authority, for this host |
//!
//! `prefer` protects from passive attackers only: an active one may answer that there is no TLS.
//! `require` without a `ca_file` does no more, as it accepts any certificate.

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
    server::ParsedCertificate,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::db::{Error, Result};

/// How the server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Nothing,
    /// Its issuer.
    Authority,
    /// Its issuer, and that it is for this host.
    Everything,
}

#[derive(Debug)]
pub(super) struct Tls {
    pub check: Check,
    /// The PEM file of the certificate authority; empty: the public ones.
    pub ca_file: String,
}

pub(super) fn connector(tls: &Tls) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Corrupt(error.to_string()))?;
    let roots = match tls.check {
        Check::Nothing => None,
        Check::Authority | Check::Everything => Some(roots(&tls.ca_file)?),
    };
    let config = match (tls.check, roots) {
        (Check::Everything, Some(roots)) => {
            builder.with_root_certificates(roots).with_no_client_auth()
        }
        (_, roots) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyHost { provider, roots }))
            .with_no_client_auth(),
    };
    Ok(MakeRustlsConnect::new(config))
}

/// The operator's own certificate authority, or the public ones.
fn roots(ca_file: &str) -> Result<RootCertStore> {
    if ca_file.is_empty() {
        return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
    }
    let mut roots = RootCertStore::empty();
    let wrong = |error: &dyn std::fmt::Display| Error::Unsuitable {
        what: format!("database.ca_file: {ca_file}: {error}"),
        remedy: "name a PEM file with the certificate of the authority that issued the database's",
    };
    for certificate in CertificateDer::pem_file_iter(ca_file).map_err(|error| wrong(&error))? {
        let certificate = certificate.map_err(|error| wrong(&error))?;
        roots.add(certificate).map_err(|error| wrong(&error))?;
    }
    match roots.is_empty() {
        false => Ok(roots),
        true => Err(wrong(&"it holds no certificate")),
    }
}

/// Accepts a certificate for any host, from these authorities or from anybody, and still checks
/// that the server has its key.
#[derive(Debug)]
struct AnyHost {
    provider: Arc<CryptoProvider>,
    roots: Option<RootCertStore>,
}

impl ServerCertVerifier for AnyHost {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(
                &ParsedCertificate::try_from(certificate)?,
                roots,
                intermediates,
                now,
                algorithms,
            )?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
