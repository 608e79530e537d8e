use std::path::Path;
use std::sync::Arc;

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;
use wats_client::{ConnectFault, Error, ErrorClass, StepName};

use crate::support::{builder, json, receipt_for, recording, report};

/// An authority of our own, with what it signed.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key, as PEM.
struct Signed {
    certificate: String,
    key: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn sign(&self, name: &str) -> Signed {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        Signed { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    fn pem(&self) -> String {
        self.issuer.pem()
    }
}

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (socket, address) = self.tcp.accept().await.unwrap();
            // A client that does not like us hangs up here: the next one, please.
            if let Ok(stream) = self.acceptor.accept(socket).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// A WATS server with this certificate; with `clients`, only for those who have one signed by it.
async fn https(server: &Signed, clients: Option<&Authority>) -> (String, JoinSet<()>) {
    let certificate = CertificateDer::from_pem_slice(server.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(server.key.as_bytes()).unwrap();
    let config = match clients {
        None => ServerConfig::builder().with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
            ServerConfig::builder()
                .with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
        }
    };
    let config = config.with_single_cert(vec![certificate], key).unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", tcp.local_addr().unwrap().port());
    let listener = TlsListener { tcp, acceptor: TlsAcceptor::from(Arc::new(config)) };
    let (router, _) = recording(|seen| async move {
        match seen.uri.as_str() {
            "/api/App/Version" => json(200, "\"24.1.0\""),
            uri if uri.contains("/WSJF") => receipt_for(&seen),
            _ => json(200, "[]"),
        }
    });
    let mut task = JoinSet::new();
    task.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, task)
}

fn file(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn a_companys_own_authority_is_trusted_when_given_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let (url, _server) = https(&ours.sign("localhost"), None).await;
    let trusting = |authority: &Authority| {
        let path = file(folder.path(), "ca.pem", &authority.pem());
        builder(&url).ca_certificate_file(path).build().unwrap()
    };
    let client = trusting(&ours);
    client.report().submit_once(&report()).await.unwrap();
    assert!(client.check().await.is_ok());

    let error = trusting(&other).report().submit_once(&report()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { fault: ConnectFault::Tls, .. }), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Foreign);
    let report = trusting(&other).check().await;
    assert_eq!(report.failure().unwrap().name, StepName::Tls, "{report}");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_unless_all_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new("ours");
    let (url, _server) = https(&ours.sign("elsewhere.example"), None).await;
    let ca = file(folder.path(), "ca.pem", &ours.pem());
    let error =
        builder(&url).ca_certificate_file(&ca).build().unwrap().report().submit_once(&report()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { fault: ConnectFault::Tls, .. }), "{error:?}");
    let careless = builder(&url).accept_invalid_certs_and_expose_the_token().build().unwrap();
    careless.report().submit_once(&report()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Authority::new("ours");
    let (url, _server) = https(&ours.sign("localhost"), Some(&ours)).await;
    let ca = file(folder.path(), "ca.pem", &ours.pem());
    let me = ours.sign("station-1");
    let certificate = file(folder.path(), "me.pem", &me.certificate);
    let key = file(folder.path(), "me.key", &me.key);
    let apart = builder(&url).ca_certificate_file(&ca).client_certificate_files(&certificate, Some(key));
    apart.build().unwrap().report().submit_once(&report()).await.unwrap();
    let both = file(folder.path(), "both.pem", &format!("{}{}", me.certificate, me.key));
    let together = builder(&url).ca_certificate_file(&ca).client_certificate_files(&both, None);
    together.build().unwrap().report().submit_once(&report()).await.unwrap();
    builder(&url).ca_certificate_file(&ca).build().unwrap().report().submit_once(&report()).await.unwrap_err();
}

#[test]
fn a_file_that_is_missing_or_no_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = file(folder.path(), "ca.pem", "not a certificate");
    for path in [folder.path().join("missing.pem"), text] {
        let error = builder("https://h").ca_certificate_file(&path).build().unwrap_err().to_string();
        assert!(error.contains("ca_certificate_file") && error.contains(&path.display().to_string()), "{error}");
    }
}
