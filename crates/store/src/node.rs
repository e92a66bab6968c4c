use counterfoil_oauth::model::{IssuerId, Revision};

use crate::plan::MAX_KEY_TEXT;
use crate::row;
use crate::value::{Step, Value};
use crate::{Store, StoreError, sql};

/// A server node as a reader of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// The node's name: a random number of its process.
    pub node: i64,
    /// How far it has applied the log.
    pub applied: Revision,
    /// Up to where it knows every reader to be.
    pub effective: Revision,
    /// Until when it answers without hearing more, in milliseconds since 1970.
    pub lease_until_ms: i64,
}

impl Store {
    /// Inserts or replaces a node's row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_node(&self, iss: IssuerId, node: NodeRow) -> Result<(), StoreError> {
        let params = vec![
            Value::Int(iss.get()),
            Value::Int(node.node),
            Value::revision(node.applied),
            Value::revision(node.effective),
            Value::Int(node.lease_until_ms),
        ];
        self.write(vec![Step::plain(sql::PUT_NODE, params)]).await.map(drop)
    }

    /// Every node, with its lease running or not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn nodes(&self, iss: IssuerId) -> Result<Vec<NodeRow>, StoreError> {
        let nodes = self.many(iss, sql::NODES, "nodes", Vec::new(), row::node).await?;
        Ok(nodes.value)
    }

    /// Forgets a node whose lease had run out by then; a living one stays.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn forget_node(
        &self,
        iss: IssuerId,
        node: i64,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let params = vec![Value::Int(iss.get()), Value::Int(node), Value::Int(now_ms)];
        self.write(vec![Step::plain(sql::DELETE_NODE, params)]).await.map(drop)
    }

    /// Takes or renews the right to run a job until `until`. False when another holder has it.
    /// `until` and `now` are in the same unit, whichever the caller likes.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn try_lease(
        &self,
        iss: IssuerId,
        name: &str,
        holder: i64,
        until: i64,
        now: i64,
    ) -> Result<bool, StoreError> {
        if name.is_empty() || name.len() > MAX_KEY_TEXT || name.contains('\0') {
            return Err(StoreError::Unstorable("a job's name of that form".to_owned()));
        }
        let params = vec![
            Value::Int(iss.get()),
            Value::text(name),
            Value::Int(holder),
            Value::Int(until),
            Value::Int(now),
        ];
        let outcome = self.write(vec![Step::plain(sql::TRY_LEASE, params)]).await?;
        Ok(outcome.iter().any(|outcome| outcome.affected == 1))
    }
}
