//! A local certificate authority for one run, for clients that refuse plain http.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::failure::Failure;

/// What `--tls` made.
pub(super) struct Tls {
    /// For the listener.
    pub(super) server: Arc<ServerConfig>,
    /// The authority's certificate, to be trusted by clients.
    pub(super) authority: PathBuf,
}

/// Makes an authority and a certificate of it for `localhost`.
pub(super) fn make(data: &Path) -> Result<Tls, Failure> {
    let authority_key = KeyPair::generate().map_err(Failure::from_display)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Counterfoil development authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = params.self_signed(&authority_key).map_err(Failure::from_display)?;
    let path = data.join("authority.pem");
    std::fs::write(&path, authority.pem())
        .map_err(|error| Failure::failed(format!("can't write {}: {error}", path.display())))?;

    let key = KeyPair::generate().map_err(Failure::from_display)?;
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let leaf = CertificateParams::new(names).map_err(Failure::from_display)?;
    let issuer = Issuer::from_params(&params, &authority_key);
    let leaf = leaf.signed_by(&key, &issuer).map_err(Failure::from_display)?;

    let chain = vec![CertificateDer::from(leaf.der().to_vec())];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = crate::tls::server_config(chain, key)?;
    Ok(Tls { server: Arc::new(server), authority: path })
}
