//! The authenticated encryption of the content (RFC 7518 §5).

use crate::ContentEncryption;
use crate::crypto::{HmacKey, random};
use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;

/// All algorithms spoken here have tags of this length.
pub(super) const TAG_LEN: usize = 16;

const GCM_IV_LEN: usize = 12;
const CBC_IV_LEN: usize = 16;

pub(super) const fn iv_len(enc: ContentEncryption) -> usize {
    match enc {
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => GCM_IV_LEN,
        ContentEncryption::A128CbcHs256 => CBC_IV_LEN,
    }
}

pub(super) struct Sealed {
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

pub(super) fn seal(
    enc: ContentEncryption,
    key: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Option<Sealed> {
    let mut ciphertext = plaintext.to_vec();
    match enc {
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => {
            let iv: [u8; GCM_IV_LEN] = random();
            let nonce = Nonce::assume_unique_for_key(iv);
            let tag = gcm(enc, key)?
                .seal_in_place_separate_tag(nonce, Aad::from(aad), &mut ciphertext)
                .ok()?;
            Some(Sealed { iv: iv.to_vec(), ciphertext, tag: tag.as_ref().to_vec() })
        }
        ContentEncryption::A128CbcHs256 => {
            let (mac, cipher) = cbc_keys(key)?;
            let iv: [u8; CBC_IV_LEN] = random();
            let context = EncryptionContext::Iv128(FixedLength::from(iv));
            PaddedBlockEncryptingKey::cbc_pkcs7(cipher)
                .and_then(|key| key.less_safe_encrypt(&mut ciphertext, context))
                .ok()?;
            let tag = cbc_tag(&mac, aad, &iv, &ciphertext).to_vec();
            Some(Sealed { iv: iv.to_vec(), ciphertext, tag })
        }
    }
}

pub(super) fn open(
    enc: ContentEncryption,
    key: &[u8],
    aad: &[u8],
    sealed: Sealed,
) -> Option<Vec<u8>> {
    let Sealed { iv, mut ciphertext, tag } = sealed;
    match enc {
        ContentEncryption::A128Gcm | ContentEncryption::A256Gcm => {
            let nonce = Nonce::try_assume_unique_for_key(&iv).ok()?;
            gcm(enc, key)?
                .open_in_place_separate_tag(nonce, Aad::from(aad), &tag, &mut ciphertext)
                .ok()?;
            Some(ciphertext)
        }
        ContentEncryption::A128CbcHs256 => {
            let (mac, cipher) = cbc_keys(key)?;
            // RFC 7518 §5.2.2.2: the tag is checked before the padding is looked at.
            let bits = aad_bits(aad);
            let fits =
                tag.len() == TAG_LEN && mac.verify_truncated(&[aad, &iv, &ciphertext, &bits], &tag);
            if !fits {
                return None;
            }
            let iv: [u8; CBC_IV_LEN] = iv.as_slice().try_into().ok()?;
            let context = DecryptionContext::Iv128(FixedLength::from(iv));
            let key = PaddedBlockDecryptingKey::cbc_pkcs7(cipher).ok()?;
            let len = key.decrypt(&mut ciphertext, context).ok()?.len();
            ciphertext.truncate(len);
            Some(ciphertext)
        }
    }
}

fn gcm(enc: ContentEncryption, key: &[u8]) -> Option<LessSafeKey> {
    let algorithm = match enc {
        ContentEncryption::A128Gcm => &AES_128_GCM,
        ContentEncryption::A256Gcm => &AES_256_GCM,
        ContentEncryption::A128CbcHs256 => return None,
    };
    UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
}

/// RFC 7518 §5.2.2.1: the first half of the key is for the MAC, the second for the cipher.
fn cbc_keys(key: &[u8]) -> Option<(HmacKey, UnboundCipherKey)> {
    let (mac, cipher) = key.split_at_checked(16)?;
    Some((HmacKey::new(mac), UnboundCipherKey::new(&AES_128, cipher).ok()?))
}

fn cbc_tag(mac: &HmacKey, aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> [u8; TAG_LEN] {
    let whole = mac.tag(&[aad, iv, ciphertext, &aad_bits(aad)]);
    let mut tag = [0; TAG_LEN];
    tag.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    tag
}

fn aad_bits(aad: &[u8]) -> [u8; 8] {
    (aad.len() as u64).wrapping_mul(8).to_be_bytes()
}
