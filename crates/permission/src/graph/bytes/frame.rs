//! Blocks with checksums.

use super::{BytesError, MAGIC, VERSION};

/// How many bytes a block has at most: enough that its frame costs nothing, little enough to hold.
pub(super) const BLOCK_MAX: usize = 1 << 16;

/// Writes a stream into blocks.
pub(super) struct FrameWriter<'s, E> {
    sink: &'s mut dyn FnMut(&[u8]) -> Result<(), E>,
    block: Vec<u8>,
}

impl<'s, E> FrameWriter<'s, E> {
    pub(super) fn new(sink: &'s mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<Self, E> {
        sink(MAGIC)?;
        sink(&VERSION.to_le_bytes())?;
        Ok(Self { sink, block: Vec::with_capacity(BLOCK_MAX) })
    }

    pub(super) fn bytes(&mut self, mut bytes: &[u8]) -> Result<(), E> {
        loop {
            let room = BLOCK_MAX - self.block.len();
            let Some((now, later)) = bytes.split_at_checked(room) else { break };
            self.block.extend_from_slice(now);
            self.flush()?;
            bytes = later;
        }
        self.block.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn number(&mut self, number: u32) -> Result<(), E> {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn finish(mut self) -> Result<(), E> {
        if !self.block.is_empty() {
            self.flush()?;
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), E> {
        // At most `BLOCK_MAX`.
        let length = u32::try_from(self.block.len()).unwrap_or(0);
        (self.sink)(&length.to_le_bytes())?;
        (self.sink)(&self.block)?;
        (self.sink)(&checksum(&self.block).to_le_bytes())?;
        self.block.clear();
        Ok(())
    }
}

/// Reads a stream from blocks.
pub(super) struct FrameReader<'s, E> {
    source: &'s mut dyn FnMut(&mut [u8]) -> Result<usize, E>,
    block: Vec<u8>,
    at: usize,
}

impl<'s, E> FrameReader<'s, E> {
    pub(super) fn new(
        source: &'s mut dyn FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<Self, BytesError<E>> {
        let mut reader = Self { source, block: Vec::new(), at: 0 };
        let mut magic = [0; 8];
        if reader.fill(&mut magic).map_err(not_a_graph)? < magic.len() || magic != *MAGIC {
            return Err(BytesError::NotAGraph);
        }
        match u32::from_le_bytes(reader.exact()?) {
            VERSION => Ok(reader),
            other => Err(BytesError::Version(other)),
        }
    }

    pub(super) fn number(&mut self) -> Result<u32, BytesError<E>> {
        if let Some(word) = self.block.get(self.at..).and_then(<[u8]>::first_chunk) {
            self.at += word.len();
            return Ok(u32::from_le_bytes(*word));
        }
        let mut word = [0; 4];
        self.bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    pub(super) fn bytes(&mut self, mut to: &mut [u8]) -> Result<(), BytesError<E>> {
        while !to.is_empty() {
            let rest = self.block.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                if self.next()? == 0 {
                    return Err(BytesError::Truncated);
                }
                continue;
            }
            let count = rest.len().min(to.len());
            let (now, later) = std::mem::take(&mut to).split_at_mut(count);
            now.copy_from_slice(rest.get(..count).unwrap_or_default());
            self.at += count;
            to = later;
        }
        Ok(())
    }

    /// Nothing may be left.
    pub(super) fn finish(mut self) -> Result<(), BytesError<E>> {
        if self.at < self.block.len() || self.next()? > 0 {
            return Err(BytesError::Invalid("there is more than a graph"));
        }
        Ok(())
    }

    fn next(&mut self) -> Result<usize, BytesError<E>> {
        let length = u32::from_le_bytes(self.exact()?) as usize;
        if length > BLOCK_MAX {
            return Err(BytesError::Damaged);
        }
        let mut block = std::mem::take(&mut self.block);
        block.resize(length, 0);
        if self.fill(&mut block)? < length {
            return Err(BytesError::Truncated);
        }
        if u64::from_le_bytes(self.exact()?) != checksum(&block) {
            return Err(BytesError::Damaged);
        }
        self.block = block;
        self.at = 0;
        Ok(length)
    }

    fn exact<const N: usize>(&mut self) -> Result<[u8; N], BytesError<E>> {
        let mut bytes = [0; N];
        match self.fill(&mut bytes)? == N {
            true => Ok(bytes),
            false => Err(BytesError::Truncated),
        }
    }

    /// Reads until the end or until there is no room; returns how much.
    fn fill(&mut self, to: &mut [u8]) -> Result<usize, BytesError<E>> {
        let mut filled = 0;
        while let Some(room) = to.get_mut(filled..).filter(|room| !room.is_empty()) {
            let room_len = room.len();
            match (self.source)(room).map_err(BytesError::Source)? {
                0 => break,
                count => filled += count.min(room_len),
            }
        }
        Ok(filled)
    }
}

fn not_a_graph<E>(error: BytesError<E>) -> BytesError<E> {
    match error {
        BytesError::Truncated => BytesError::NotAGraph,
        other => other,
    }
}

/// Finds accidents. It is no defence against whoever forges bytes: reading does not rely on it.
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325 ^ bytes.len() as u64;
    let mut mix = |word: u64| {
        sum = (sum ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        sum ^= sum >> 29;
    };
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        mix(word.try_into().map_or(0, u64::from_le_bytes));
    }
    for byte in words.remainder() {
        mix(u64::from(*byte));
    }
    sum
}
