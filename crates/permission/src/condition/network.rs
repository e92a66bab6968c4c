//! Addresses and networks.

use std::net::IpAddr;

/// An address; one of IPv4 that is written as IPv6 is one of IPv4.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// Whether a network written as `address/bits` holds an address; nothing if it is no network.
pub(super) fn holds(network: &str, address: IpAddr) -> Option<bool> {
    let (base, bits) = network.split_once('/')?;
    let base: IpAddr = base.parse().ok()?;
    let plain = !bits.is_empty() && bits.bytes().all(|digit| digit.is_ascii_digit());
    if !plain || (bits.len() > 1 && bits.starts_with('0')) {
        return None;
    }
    let bits: u32 = bits.parse().ok()?;
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) if bits <= 32 => {
            Some(bits == 0 || (base.to_bits() ^ address.to_bits()) >> (32 - bits) == 0)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) if bits <= 128 => {
            Some(bits == 0 || (base.to_bits() ^ address.to_bits()) >> (128 - bits) == 0)
        }
        (IpAddr::V4(_), IpAddr::V6(_)) if bits <= 32 => Some(false),
        (IpAddr::V6(_), IpAddr::V4(_)) if bits <= 128 => Some(false),
        _ => None,
    }
}
