use std::path::PathBuf;

/// The most memory for graphs unless it is configured: 2 GiB, some 20 million relationships.
const MEMORY_BYTES: u64 = 2 << 30;

/// What the permission engine may use.
#[derive(Clone, Debug)]
pub struct PermissionOptions {
    /// How many bytes all graphs together may take. A store beyond it is answered from the
    /// database; the least recently used make room for others.
    pub memory_bytes: u64,
    /// Where snapshots are kept, so that a restart needs not read every row; none for nowhere.
    pub snapshots: Option<PathBuf>,
}

impl Default for PermissionOptions {
    fn default() -> Self {
        Self { memory_bytes: MEMORY_BYTES, snapshots: None }
    }
}
