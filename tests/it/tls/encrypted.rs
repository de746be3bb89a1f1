//! A PostgreSQL that accepts encrypted connections alone, and the TLS that reaches it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, chown};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tenants_diesel::{TenantPool, TenantPoolBuilder};
use tenants_tests::schema::text_registry;
use tenants_tests::{SUPERUSER, prepare};
use throwaway::Server;
use tokio::runtime::Handle;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::raw::Raw;

/// A server on which acme has two posts and globex has one. No test changes them.
pub(super) struct Encrypted {
    server: Server,
    database: &'static str,
    certificate: CertificateDer<'static>,
}

impl Encrypted {
    /// The server of all these tests.
    pub(super) async fn server() -> &'static Self {
        static SERVER: LazyLock<Encrypted> =
            LazyLock::new(|| Handle::current().block_on(Encrypted::start()));
        tokio::task::spawn_blocking(|| &*SERVER).await.unwrap()
    }

    async fn start() -> Self {
        let server = Server::start().unwrap();
        let database = prepare(&server);
        let superuser = Raw::connect(&server.superuser_url(database)).await;
        let rows = "INSERT INTO tenants.tenant (id) VALUES ('acme'), ('globex');
             INSERT INTO posts (tenant, title)
             VALUES ('acme', 'first'), ('acme', 'second'), ('globex', 'first')";
        superuser.run(rows).await.unwrap();

        let CertifiedKey { cert, signing_key } = self_signed();
        write(&server, "server.crt", &cert.pem());
        write(&server, "server.key", &signing_key.serialize_pem());
        write(&server, "pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n");
        superuser.run("ALTER SYSTEM SET ssl = on").await.unwrap();
        superuser.run("SELECT pg_reload_conf()").await.unwrap();
        until_plain_is_refused(&server.superuser_url(database)).await;
        Self { server, database, certificate: cert.into() }
    }

    /// A URL that says nothing of TLS.
    pub(super) fn plain_url(&self, login: &str) -> String {
        self.server.url(login, self.database)
    }

    fn url(&self, login: &str) -> String {
        format!("{}?sslmode=require", self.plain_url(login))
    }

    /// A pool as an application would build it, whose connections speak this TLS.
    pub(super) fn builder(&self, tls: &MakeRustlsConnect) -> TenantPoolBuilder {
        let tls = tls.clone();
        TenantPool::builder(self.url("app_login"))
            .admin_url(self.url("admin_login"))
            .registry(text_registry())
            .custom_setup(move |url| connect(url.to_owned(), tls.clone()).boxed())
    }

    /// TLS that trusts the certificate of this server and no other.
    pub(super) fn trusted(&self) -> MakeRustlsConnect {
        trusting(&self.certificate)
    }

    /// A superuser without this library.
    pub(super) async fn superuser(&self) -> Raw {
        Raw::connect_by(&self.url(SUPERUSER), self.trusted()).await
    }
}

async fn connect(url: String, tls: MakeRustlsConnect) -> ConnectionResult<AsyncPgConnection> {
    let (client, connection) = tokio_postgres::connect(&url, tls)
        .await
        // `Display` leaves the cause out.
        .map_err(|error| ConnectionError::BadConnection(format!("{error:?}")))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

/// A new certificate for the address of every throwaway server.
pub(super) fn self_signed() -> CertifiedKey<KeyPair> {
    rcgen::generate_simple_self_signed([Ipv4Addr::LOCALHOST.to_string()]).unwrap()
}

pub(super) fn trusting(certificate: &CertificateDer<'static>) -> MakeRustlsConnect {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

/// Writes a file of the server's own account, which takes no key that others can read.
fn write(server: &Server, name: &str, text: &str) {
    let data = server.directory().join("data");
    let path = data.join(name);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    options.open(&path).unwrap().write_all(text.as_bytes()).unwrap();
    chown(path, Some(fs::metadata(data).unwrap().uid()), None).unwrap();
}

/// Waits until the server has read its files again.
async fn until_plain_is_refused(url: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Err(refused) = tokio_postgres::connect(url, NoTls).await {
            let refusal = &SqlState::INVALID_AUTHORIZATION_SPECIFICATION;
            assert_eq!(refused.code(), Some(refusal), "{refused:?}");
            return;
        }
        assert!(Instant::now() < deadline, "the server still accepts what is not encrypted");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
