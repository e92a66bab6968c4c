//! Snapshot files: a store as it was at one revision, beside the database, so that a restart reads
//! one file from end to end and the tail of the log.
//!
//! A file is no truth. It is written at leisure, replaced as a whole, and left out when it does not
//! fit: then every row is read.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{PermissionStoreId, StoreRevision};

/// What a file begins with: its kind and the version of what follows.
const MAGIC: [u8; 8] = *b"cfpsnap1";

/// The bytes before the body: magic, store, revision, mark and number of tuples.
const HEAD_BYTES: usize = 8 + 26 + 8 + 32 + 8;

/// Bytes that are read or written at once.
const BUFFER_BYTES: usize = 1 << 20;

/// Where snapshot files are.
#[derive(Clone, Debug)]
pub struct SnapshotFiles {
    folder: PathBuf,
}

/// What a file says about its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotHead {
    /// The store.
    pub store: PermissionStoreId,
    /// The revision that the body is of.
    pub revision: StoreRevision,
    /// What [`PermissionDb::log_mark`](super::PermissionDb::log_mark) said of the revision: if it
    /// says something else by now, the file is of another history.
    pub mark: [u8; 32],
    /// How many tuples the body has, to know beforehand whether there is room for it.
    pub tuples: u64,
}

/// An open file, behind its head.
#[derive(Debug)]
pub struct SnapshotFile {
    /// What it says about its body.
    pub head: SnapshotHead,
    /// The body, which the writer of it can check and read.
    pub body: BufReader<File>,
}

/// Why a file was not written or read.
#[derive(Debug)]
pub enum FileError {
    /// Input or output failed.
    Io(io::Error),
    /// The file is not of this version, or of another store.
    NotOurs,
    /// The body was refused.
    Body(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotOurs => f.write_str("it is no snapshot of this store and version"),
            Self::Body(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for FileError {}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl SnapshotFiles {
    /// Files in a folder, which is made with the first file.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, store: PermissionStoreId) -> PathBuf {
        self.folder.join(format!("{store}.snapshot"))
    }

    /// Opens a store's file and reads its head; none if there is no file.
    ///
    /// # Errors
    /// See [`FileError`].
    pub fn open(&self, store: PermissionStoreId) -> Result<Option<SnapshotFile>, FileError> {
        let file = match File::open(self.path(store)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut body = BufReader::with_capacity(BUFFER_BYTES, file);
        let mut bytes = [0; HEAD_BYTES];
        body.read_exact(&mut bytes)?;
        let head = read_head(&bytes).filter(|head| head.store == store);
        Ok(Some(SnapshotFile { head: head.ok_or(FileError::NotOurs)?, body }))
    }

    /// Writes a store's file: beside the old one, durably, and then in its place.
    ///
    /// # Errors
    /// See [`FileError`]. The old file stays where it was.
    pub fn write(
        &self,
        head: SnapshotHead,
        body: impl FnOnce(&mut dyn Write) -> Result<(), FileError>,
    ) -> Result<(), FileError> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(head.store);
        let beside = path.with_extension("new");
        let written = write_to(&beside, head, body).and_then(|()| {
            fs::rename(&beside, &path)?;
            File::open(&self.folder)?.sync_all()?;
            Ok(())
        });
        if written.is_err() {
            // It may never have been made.
            drop(fs::remove_file(&beside));
        }
        written
    }

    /// Removes a store's file, if there is one.
    ///
    /// # Errors
    /// When it can't be removed.
    pub fn remove(&self, store: PermissionStoreId) -> Result<(), FileError> {
        match fs::remove_file(self.path(store)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The stores that have a file. Files with other names are left alone.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn stores(&self) -> Result<Vec<PermissionStoreId>, FileError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut stores = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(".snapshot"));
            stores.extend(stem.and_then(PermissionStoreId::parse));
        }
        stores.sort_unstable();
        Ok(stores)
    }
}

/// Readable by its owner alone, as the database is.
fn write_to(
    path: &Path,
    head: SnapshotHead,
    body: impl FnOnce(&mut dyn Write) -> Result<(), FileError>,
) -> Result<(), FileError> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let mut file = BufWriter::with_capacity(BUFFER_BYTES, file);
    file.write_all(&MAGIC)?;
    file.write_all(head.store.as_str().as_bytes())?;
    file.write_all(&head.revision.get().to_be_bytes())?;
    file.write_all(&head.mark)?;
    file.write_all(&head.tuples.to_be_bytes())?;
    body(&mut file)?;
    let file = file.into_inner().map_err(|error| FileError::Io(error.into_error()))?;
    file.sync_all()?;
    Ok(())
}

fn read_head(bytes: &[u8; HEAD_BYTES]) -> Option<SnapshotHead> {
    let (magic, rest) = bytes.split_first_chunk::<8>()?;
    let (store, rest) = rest.split_first_chunk::<26>()?;
    let (revision, rest) = rest.split_first_chunk::<8>()?;
    let (mark, rest) = rest.split_first_chunk::<32>()?;
    let tuples = u64::from_be_bytes(*rest.first_chunk::<8>()?);
    let store = std::str::from_utf8(store).ok().and_then(PermissionStoreId::parse);
    let revision = StoreRevision::new(u64::from_be_bytes(*revision));
    (*magic == MAGIC).then_some(SnapshotHead { store: store?, revision, mark: *mark, tuples })
}
