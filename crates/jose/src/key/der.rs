//! As much DER as reading the two integers of an RSA public key takes.

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// Reads `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 §A.1.1)
/// into big-endian bytes without leading zeros.
pub(super) fn rsa_public_key(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (body, rest) = element(SEQUENCE, der)?;
    let (n, body) = element(INTEGER, body)?;
    let (e, body) = element(INTEGER, body)?;
    (rest.is_empty() && body.is_empty()).then(|| (unsigned(n), unsigned(e)))
}

fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    if first < 0x80 {
        return rest.split_at_checked(usize::from(first));
    }
    let (len_bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if len_bytes.len() > 3 {
        return None;
    }
    let len = len_bytes.iter().fold(0, |sum, &byte| (sum << 8) | usize::from(byte));
    rest.split_at_checked(len)
}

fn unsigned(integer: &[u8]) -> Vec<u8> {
    integer.iter().copied().skip_while(|&byte| byte == 0).collect()
}
