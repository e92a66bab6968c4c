//! Watching a store over gRPC: ours, beside OpenFGA's methods.

use futures_util::stream;
use tonic::Status;

use super::{Asked, convert::shown_change, messages::service as wire, status};
use crate::permissions::{
    error::ApiError,
    service::watch::{Watched, Watching},
};

pub(super) async fn watch(
    with: &Asked,
    message: wire::WatchRequest,
) -> Result<impl stream::Stream<Item = Result<wire::WatchResponse, Status>> + use<>, ApiError> {
    let watching = with.asker()?.watch(&message.store_id, &message.after).await?;
    Ok(stream::unfold(Some(watching), |watching| async move {
        let mut watching: Watching = watching?;
        match watching.next().await? {
            Ok(watched) => Some((Ok(shown(watched)), Some(watching))),
            Err(error) => Some((Err(status(&error)), None)),
        }
    }))
}

fn shown(watched: Watched) -> wire::WatchResponse {
    match watched {
        Watched::Heartbeat(revision) => {
            wire::WatchResponse { revision, ..wire::WatchResponse::default() }
        }
        Watched::Revision(told) => wire::WatchResponse {
            revision: told.revision,
            changes: told.changes.into_iter().map(shown_change).collect(),
            authorization_model_id: told.authorization_model_id.unwrap_or_default(),
        },
    }
}
