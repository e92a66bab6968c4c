//! TLS to a PostgreSQL server: the certificate counts, and there is no way round it.

use std::sync::Arc;

use counterfoil_oauth::model::UserId;
use counterfoil_store::{PostgresOptions, Store, StoreError};
use counterfoil_testing::postgres::{Server, Tls};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::ground::{Ground, Place, runtime};

fn trusting(certificate: &CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

#[test]
fn a_server_is_reached_over_tls_or_not_at_all() {
    let ours = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let server = Server::start_tls(Tls {
        certificate: &ours.cert.pem(),
        key: &ours.signing_key.serialize_pem(),
    });
    let database = server.fresh_database().rsplit('/').next().unwrap().to_owned();
    let url = server.tcp_url(&database);
    let with = |certificate| {
        let options = PostgresOptions::new(&url);
        PostgresOptions { tls: Some(trusting(certificate)), ..options }
    };
    runtime().block_on(async {
        let store = Store::open_postgres(with(ours.cert.der())).await.unwrap();
        let iss = store.ensure_issuer("https://id.example").await.unwrap().id;
        let ground = Ground { store, iss, place: Place::Postgres(url.clone()) }.peopled().await;
        assert!(ground.store.user(iss, UserId::new(1)).await.unwrap().value.is_some());
        let count = "SELECT count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl JOIN pg_stat_activity \
             USING (pid) WHERE application_name = 'counterfoil'";
        assert_eq!(server.sql(&database, count), "0", "every connection is encrypted");

        let foreign = Store::open_postgres(with(other.cert.der())).await;
        assert!(matches!(foreign, Err(StoreError::Unavailable(_))), "{foreign:?}");

        server.sql("postgres", "ALTER SYSTEM SET ssl = off");
        server.sql("postgres", "SELECT pg_reload_conf()");
        while server.sql("postgres", "SHOW ssl") == "on" {}
        let plain = Store::open_postgres(with(ours.cert.der())).await;
        assert!(plain.is_err(), "never in the clear where TLS was configured");
    });
}
