//! The design, mutated: which binding of a message to its header stops "strip the signature, sign again" (the attack on
//! iMessage, Garman et al. 2016). Any one of the three does; without all of them the attack succeeds. So none of them
//! may be taken for decoration, and two could break before anything is lost.

use rsa::{
    Oaep, PrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey},
};
use sha2::Sha256;
use signet_shared::{Hash, envelope::Suite};

use crate::{
    DecryptionKey,
    padding::{pad, unpad},
    primitives::{cfb_decrypt, cfb_encrypt, hkdf, hmac},
};

const PEM: &str = include_str!("../tests/data/test-key-4.pem");

#[derive(Clone, Copy, Debug)]
struct Bindings {
    kdf_salt: bool,
    oaep_label: bool,
    mac: bool,
}

struct Sealed {
    wrap: Vec<u8>,
    ct: Vec<u8>,
    tag: [u8; 32],
}

impl Bindings {
    fn when(bound: bool, ctx: &[u8; 32]) -> &[u8] {
        if bound { ctx } else { &[] }
    }

    fn tag(self, mac: &[u8], ctx: &[u8; 32], ct: &[u8]) -> [u8; 32] {
        hmac(mac, &[&Hash::label("tag"), Self::when(self.mac, ctx), ct])
    }

    fn seal(self, ctx: &[u8; 32], reader: &PrivateKey, text: &[u8]) -> Sealed {
        let k = [7; 32];
        let oaep = Oaep::<Sha256>::new_with_label(Self::when(self.oaep_label, ctx));
        let wrap = reader.to_public_key().encrypt(&mut rand::rng(), oaep, &k).unwrap();
        let keys = hkdf::<64>(&k, Self::when(self.kdf_salt, ctx), &[b"keys"]);
        let mut ct = pad(text).to_vec();
        cfb_encrypt(keys[..32].try_into().unwrap(), &[1; 16], &mut ct);
        let tag = self.tag(&keys[32..], ctx, &ct);
        Sealed { wrap, ct, tag }
    }

    fn open(self, ctx: &[u8; 32], reader: &DecryptionKey, sealed: &Sealed) -> Option<Vec<u8>> {
        let k = reader.oaep(Self::when(self.oaep_label, ctx).to_vec(), &sealed.wrap)?;
        let keys = hkdf::<64>(&k, Self::when(self.kdf_salt, ctx), &[b"keys"]);
        if self.tag(&keys[32..], ctx, &sealed.ct) != sealed.tag {
            return None;
        }
        let mut text = sealed.ct.clone();
        cfb_decrypt(keys[..32].try_into().unwrap(), &[1; 16], &mut text);
        unpad(&text).map(<[u8]>::to_vec)
    }
}

#[test]
fn any_one_binding_stops_signing_another_ones_ciphertext() {
    let raw = PrivateKey::from_pkcs8_pem(PEM).unwrap();
    let reader = DecryptionKey::from_pkcs8(Suite::Rsa3072, raw.to_pkcs8_der().unwrap().as_bytes()).unwrap();
    // The header says who sends. The thief's signature over the thief's header is valid, and so is left out here.
    let (writer, thief) = (Hash::new("ctx").chain(b"Alice").finish(), Hash::new("ctx").chain(b"Carol").finish());
    for bits in 0..8 {
        let design = Bindings { kdf_salt: bits & 1 != 0, oaep_label: bits & 2 != 0, mac: bits & 4 != 0 };
        let sealed = design.seal(&writer, &raw, b"my idea");
        assert_eq!(design.open(&writer, &reader, &sealed).as_deref(), Some(&b"my idea"[..]), "{design:?}");
        let stolen = design.open(&thief, &reader, &sealed).is_some();
        println!("{design:?}: the attack {}", if stolen { "succeeds" } else { "fails" });
        assert_eq!(stolen, bits == 0, "{design:?}");
    }
}
