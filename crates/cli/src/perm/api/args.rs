use clap::Args;

use super::{Server, Store, auth, text};
use crate::{client::Issuer, failure::Failure};

/// Where `counterfoil dev` is.
const DEV_URL: &str = "http://localhost:7070";

/// Which server, and as whom.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub(in crate::perm) struct ServerArgs {
    /// The server's URL; else that of `counterfoil dev`.
    #[arg(long, value_name = "URL", env = "FGA_API_URL")]
    api_url: Option<String>,
    /// A token, or a pre-shared key.
    #[arg(long, alias = "api-token", value_name = "TOKEN", env = "FGA_API_TOKEN")]
    #[arg(hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    pub(super) credentials: auth::CredentialArgs,
}

/// Which store of which server.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub(in crate::perm) struct StoreArgs {
    /// The store; else that of `counterfoil dev`.
    #[arg(long, value_name = "ID", env = "FGA_STORE_ID")]
    pub(in crate::perm) store_id: Option<String>,
    #[command(flatten)]
    pub(in crate::perm) server: ServerArgs,
}

impl ServerArgs {
    /// Readies a client for the server.
    pub(in crate::perm) async fn open(&self) -> Result<Server, Failure> {
        let mut server =
            Server::at(self.api_url.as_deref().unwrap_or(DEV_URL), self.token.clone())?;
        if server.token.is_none() {
            server.token = self.credentials.token(&server.client, &server.url).await?;
        }
        Ok(server)
    }
}

impl StoreArgs {
    /// Readies a client for the store.
    pub(in crate::perm) async fn open(&self) -> Result<Store, Failure> {
        let server = self.server.open().await?;
        let id = match &self.store_id {
            Some(id) => id.clone(),
            None => dev_store(&server).await?,
        };
        if id.is_empty() || !id.chars().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(Failure::usage(format!("`{id}` is no store's id")));
        }
        Ok(Store { server, id })
    }
}

/// The store that `counterfoil dev` tells of.
async fn dev_store(server: &Server) -> Result<String, Failure> {
    let issuer = Issuer::at(&server.url);
    let setup = issuer.setup(&server.client).await.unwrap_or_default();
    let id = setup.get("permissions").map(|permissions| text(permissions, "store_id"));
    id.filter(|id| !id.is_empty()).map(str::to_owned).ok_or_else(|| {
        Failure::usage(
            "which store? Give `--store-id`, or set FGA_STORE_ID: `counterfoil perm store list` \
             names the stores",
        )
    })
}
