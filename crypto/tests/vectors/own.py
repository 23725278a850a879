#!/usr/bin/env python3
"""Signet's formats a second time, from FORMAT.md alone, with Python's `cryptography` (OpenSSL) instead of RustCrypto.

    own.py make           writes own/*.txt, which the Rust tests open (done once; published vectors are never made again)
    own.py check FILE     opens what `cargo run -p signet-crypto --example interop > FILE` has written

Each vector is a text file named by its claim: lines of `name = value`, byte strings in hexadecimal.
"""
import hashlib, hmac, os, pathlib, struct, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:
    from cryptography.hazmat.primitives.ciphers.modes import CFB

HERE = pathlib.Path(__file__).parent
u8, u16, u32, u64 = (lambda f: lambda v: struct.pack(f, v))('>B'), (lambda v: struct.pack('>H', v)), (lambda v: struct.pack('>I', v)), (lambda v: struct.pack('>Q', v))
L = lambda label: b'SGN1 ' + label.encode() + b'\0'
H = lambda *parts: hashlib.sha256(b''.join(parts)).digest()
mac = lambda key, *parts: hmac.new(key, b''.join(parts), hashlib.sha256).digest()
hkdf = lambda ikm, salt, info, n: HKDF(hashes.SHA256(), n, salt or bytes(32), info).derive(ikm)
b8, b16, b32 = (lambda b: u8(len(b)) + b), (lambda b: u16(len(b)) + b), (lambda b: u32(len(b)) + b)
OAEP = lambda label: padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label)
PSS = lambda salt=32: padding.PSS(padding.MGF1(hashes.SHA256()), salt)


def cfb(key, iv, data, decrypt=False):
    cipher = Cipher(algorithms.AES(key), CFB(iv))
    run = cipher.decryptor() if decrypt else cipher.encryptor()
    return run.update(data) + run.finalize()


# 1. Length hiding
def padme(l):
    if l < 2:
        return l
    e = l.bit_length() - 1
    s = e.bit_length() if e else 0
    step = 1 << max(e - s, 0)
    return -(-l // step) * step


def hide(x):
    n = -(-max(256, padme(len(x) + 1)) // 16) * 16
    return x + b'\x80' + bytes(n - len(x) - 1) + b'\x10' * 16


def show(padded):
    x = padded[:-16].rstrip(b'\0')[:-1]
    assert hide(x) == padded, 'padding'
    return x


# 3. Keys and ids
class Key:
    def __init__(self, n):
        pem = (HERE / f'../data/test-key-{n}.pem').read_bytes()
        self.n, self.key = n, serialization.load_pem_private_key(pem, None)
        self.spki = self.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.pkcs8 = self.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.ek_id, self.ik_hash = H(L('ek'), u16(1), self.spki), H(L('ik'), self.spki)

    def sign(self, data, salt=32):
        return self.key.sign(data, PSS(salt), hashes.SHA256())


# 4. Statements
class Person:
    def __init__(self, name, ik, ek):
        self.name, self.ik, self.ek = name, Key(ik), Key(ek)
        nonce = H(name.encode())
        self.id = H(L('acct'), name.lower().encode(), self.ik.spki, nonce)[:16]
        body = (u8(1) + self.id + b8(name.encode()) + nonce + u64(1) + bytes(32) + u16(0) + u16(1) + b16(self.ik.spki)
                + u8(1) + u16(1) + u64(1_800_000_000_000) + b16(self.ek.spki))
        self.head = H(L('stmt'), body)
        self.statement = b16(body) + b16(self.ik.sign(L('sig stmt') + self.head)) + b16(b'')
        self.pin = u8(1) + u16(1) + b32(self.statement)


# 5. Messages
def node(a, b):
    return H(b'\1', a, b)


def root(nodes):
    if len(nodes) == 1:
        return nodes[0]
    k = 1 << ((len(nodes) - 1).bit_length() - 1)
    return node(root(nodes[:k]), root(nodes[k:]))


def path(nodes, i):
    if len(nodes) == 1:
        return []
    k = 1 << ((len(nodes) - 1).bit_length() - 1)
    return path(nodes[:k], i) + [root(nodes[k:])] if i < k else path(nodes[k:], i - k) + [root(nodes[:k])]


def dm(a, b):
    return H(L('dm'), *sorted([a.id, b.id]))


def members(people):
    return H(L('members'), *(p.id + p.ik.ik_hash for p in sorted(people, key=lambda p: p.id)))


def inner(text, version=1, kind=1, after=b''):
    return (u8(version) + u16(kind) + u64(1_790_000_000_000) + bytes([9]) * 16 + u8(1) + bytes([8]) * 32 + u32(60)
            + u8(1) + bytes([3]) * 16 + u64(5) + bytes([4]) * 32 + u8(0) + bytes(32) + u64(1) + bytes([1]) * 32
            + u64(2) + bytes([2]) * 32 + b32(text) + after)


def seal(sender, people, conv, plain, padded=None, label=None, k=None, salt=32, flip_tag=0, kdf_salt=None, signer=None):
    people = sorted(people, key=lambda p: p.id)
    k, iv, stream = k or os.urandom(32), os.urandom(16), bytes([3]) * 16
    prev = H(L('stream'), conv, sender.id, stream)
    header = (b'SGN1' + u16(1) + u8(1) + u8(1) + conv + u64(0) + members(people) + sender.id + sender.head + stream
              + u64(1) + prev + iv + u16(len(people)))
    assert len(header) == 202
    ctx = H(L('ctx'), header)
    leaves = []
    for p in people:
        lab = label if label is not None else L('wrap') + ctx + p.ek.ek_id
        leaves.append(p.id + p.ek.ek_id + p.head + p.ek.key.public_key().encrypt(k, OAEP(lab)))
    nodes = [H(b'\0', leaf) for leaf in leaves]
    both = hkdf(k, ctx if kdf_salt is None else kdf_salt, L('keys') + u16(1), 64)
    ct = cfb(both[:32], iv, hide(plain) if padded is None else padded)
    tag = bytearray(mac(both[32:], L('tag'), ctx, root(nodes), u64(len(ct)), ct))
    tag[-1] ^= flip_tag
    env_id = H(L('id'), header, root(nodes), u32(len(ct)), ct, tag)
    body = b32(ct) + bytes(tag) + b16((signer or sender.ik).sign(L('sig msg') + env_id, salt))
    deliver = {}
    for i, p in enumerate(people):
        way = path(nodes, i)
        deliver[p.name] = header + u16(i) + leaves[i] + u8(len(way)) + b''.join(way) + body
    return deliver, env_id, k


def open_delivery(data, reader, sender_ik):
    header, at = data[:202], 202
    index, = struct.unpack_from('>H', data, at)
    leaf, n = data[at + 2:at + 466], data[at + 466]
    way = [data[at + 467 + 32 * i:at + 499 + 32 * i] for i in range(n)]
    at += 467 + 32 * n
    ct_len, = struct.unpack_from('>I', data, at)
    ct, tag = data[at + 4:at + 4 + ct_len], data[at + 4 + ct_len:at + 36 + ct_len]
    sig = data[at + 38 + ct_len:]
    # RFC 9162, 2.1.3.2
    fn, sn, r = index, struct.unpack('>H', header[200:])[0] - 1, H(b'\0', leaf)
    for p in way:
        assert sn
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    env_id = H(L('id'), header, r, u32(ct_len), ct, tag)
    sender_ik.key.public_key().verify(sig, L('sig msg') + env_id, PSS(), hashes.SHA256())
    ctx = H(L('ctx'), header)
    k = reader.key.decrypt(leaf[80:], OAEP(L('wrap') + ctx + reader.ek_id))
    both = hkdf(k, ctx, L('keys') + u16(1), 64)
    assert mac(both[32:], L('tag'), ctx, r, u64(ct_len), ct) == tag
    return show(cfb(both[:32], header[184:200], ct, True)), env_id, k


# 7. Sealed objects
def aad(account, name, version, ik_hash, epoch):
    return account + b16(name) + u64(version) + ik_hash + u32(epoch)


def obj_tag(key, salt, purpose, ad, ct):
    all_ = hkdf(key, salt, L('seal') + purpose, 80)
    return all_, mac(all_[32:64], L('seal tag'), b8(purpose), u64(len(ad)), ad, salt, u64(len(ct)), ct)


def seal_object(key, purpose, ad, plain, padded=None):
    salt = os.urandom(32)
    all_ = hkdf(key, salt, L('seal') + purpose, 80)
    ct = cfb(all_[:32], all_[64:], hide(plain) if padded is None else padded)
    return u8(1) + salt + ct + obj_tag(key, salt, purpose, ad, ct)[1]


def open_object(key, purpose, ad, data):
    salt, ct, tag = data[1:33], data[33:-32], data[-32:]
    all_, want = obj_tag(key, salt, purpose, ad, ct)
    assert data[0] == 1 and want == tag
    return show(cfb(all_[:32], all_[64:], ct, True))


def derive(amk, label, info=b''):
    return hkdf(amk, b'', L(label) + info, 32)


# 12, 13
def recovery_text(key):
    bits = int.from_bytes(key + H(L('recovery key'), key)[:3], 'big')
    text = ''.join('0123456789ABCDEFGHJKMNPQRSTVWXYZ'[bits >> (275 - 5 * i) & 31] for i in range(56))
    return '-'.join(text[i:i + 4] for i in range(0, 56, 4))


def safety(a, b):
    def half(p):
        h = L('safety number') + p.id + b8(p.name.lower().encode()) + p.ik.spki
        for _ in range(5200):
            h = hashlib.sha512(h + p.ik.spki).digest()
        return ['%05d' % (int.from_bytes(h[5 * i:5 * i + 5], 'big') % 100000) for i in range(6)]
    return ' '.join(sum(sorted([half(a), half(b)]), []))


def write(name, **fields):
    lines = [f'{k} = {v.hex() if isinstance(v, (bytes, bytearray)) else v}' for k, v in fields.items()]
    (HERE / 'own' / f'{name}.txt').write_text('\n'.join(lines) + '\n')


def make():
    a, b, c = Person('Anna', 1, 2), Person('bert_2', 3, 4), Person('Clara', 5, 6)
    two, three = [a, b], [a, b, c]

    def message(claim, outcome, people=two, text=b'Meet at nine?', **how):
        conv = dm(*people) if len(people) == 2 else bytes([7]) * 32
        plain = how.pop('plain', inner(text))
        deliver, env_id, k = seal(a, people, conv, plain, **how)
        fields = dict(kind='message', outcome=outcome, sender=a.pin, reader=b.pin, reader_ek=4, conv=conv,
                      members=members(people), env_id=env_id, text=text, delivery=deliver[b.name])
        write('message_' + claim, **fields)

    x = inner(b'Meet at nine?')
    full = hide(x)
    message('two_readers', 'opens')
    message('three_readers', 'opens', three)
    message('long', 'opens', text='ä'.encode() * 20_000)
    message('empty', 'opens', text=b'')
    message('too_many_characters', 'inner', text=b'x' * 20_001)
    # Everything below is signed and, where that is possible, MACed rightly: the check that must stop it is the last one.
    message('tag_flipped', 'tag', flip_tag=1)
    message('kdf_without_context', 'tag', kdf_salt=b'')
    message('wrap_without_label', 'wrap', label=b'')
    message('wrap_label_without_context', 'wrap', label=L('wrap') + b.ek.ek_id)
    message('key_of_31_bytes', 'wrap', k=bytes(31))
    message('key_of_33_bytes', 'wrap', k=bytes(33))
    message('signature_salt_20', 'signature', salt=20)
    message('signed_by_encryption_key', 'signature', signer=a.ek)
    message('padding_missing', 'padding', padded=x)
    message('padding_pkcs7_short', 'padding', padded=full[:-16] + b'\x01')
    message('padding_pkcs7_wrong_fill', 'padding', padded=full[:-16] + bytes(15) + b'\x10')
    message('padding_marker_missing', 'padding', padded=x + bytes(len(full) - 16 - len(x)) + b'\x10' * 16)
    message('padding_marker_other', 'padding', padded=x + b'\x81' + bytes(len(full) - 17 - len(x)) + b'\x10' * 16)
    message('padding_longer', 'padding', padded=full[:-16] + bytes(16) + b'\x10' * 16)
    message('padding_two_blocks', 'padding', padded=full[:-16] + b'\x20' * 32)
    message('plaintext_version_2', 'inner', plain=inner(b'x', version=2))
    message('plaintext_trailing_byte', 'inner', plain=inner(b'x', after=b'\0'))
    message('plaintext_empty', 'inner', plain=b'')
    message('text_not_utf8', 'inner', plain=inner(b'\xff\xfe'))

    shares, amk = [bytes([i]) * 32 for i in (1, 2, 3)], H(b'amk')
    slot_aad = aad(a.id, b'slot', 1, a.ik.ik_hash, 0)
    local = seal_object(hkdf(b''.join(shares), b'', L('local slot'), 32), b'local slot', slot_aad, u8(1) + u32(1) + amk)
    store = u8(1) + bytes([4]) * 32 + b16(a.ik.pkcs8) + u16(1) + u16(1) + b16(a.ek.pkcs8)
    store_aad = aad(a.id, b'keystore', 3, a.ik.ik_hash, 1)
    keystore = lambda plain, **how: seal_object(derive(amk, 'amk keystore'), b'keystore', store_aad, plain, **how)
    deliver, env_id, k = seal(a, two, dm(*two), inner(b'from the past'))
    record = u32(1) + seal_object(derive(amk, 'amk history', dm(*two)), b'history',
                                  aad(a.id, dm(*two) + env_id, 1, a.ik.ik_hash, 1), env_id + k)
    bad_crt = bytearray(a.ik.pkcs8)
    bad_crt[-1] ^= 2  # the last byte of qInv
    bad_n = bytearray(a.ik.pkcs8)
    bad_n[40 + 300] ^= 2  # within n
    for claim, outcome, sealed in [
        ('opens', 'opens', keystore(store)),
        ('crt_value_wrong', 'refused', keystore(store.replace(a.ik.pkcs8, bytes(bad_crt)))),
        ('modulus_wrong', 'refused', keystore(store.replace(a.ik.pkcs8, bytes(bad_n)))),
        ('identity_of_another', 'refused', keystore(store.replace(a.ik.pkcs8, c.ik.pkcs8))),
        ('without_encryption_key', 'refused', keystore(u8(1) + bytes(32) + b16(a.ik.pkcs8) + u16(0))),
        ('trailing_byte', 'refused', keystore(store + b'\0')),
        ('version_2', 'refused', keystore(u8(2) + store[1:])),
        ('padding_missing', 'refused', keystore(store, padded=store)),
    ]:
        write('keystore_' + claim, kind='keystore', outcome=outcome, account=a.pin, browser=shares[0], relay=shares[1],
              tab=shares[2], local=local, version=3, prev=bytes([4]) * 32, keystore=sealed)
    write('history_opens', kind='history', outcome='opens', account=a.pin, browser=shares[0], relay=shares[1], tab=shares[2],
          local=local, conv=dm(*two), env_id=env_id, record=record, text=b'from the past', delivery=deliver[a.name])
    write('safety_number', kind='safety', one=a.pin, other=b.pin, number=safety(a, b))
    write('recovery_key', kind='recovery', secret=H(b'recovery'), text=recovery_text(H(b'recovery')))


def check(file):
    fields = dict(line.split(' = ', 1) for line in pathlib.Path(file).read_text().splitlines() if ' = ' in line)
    get = lambda name: bytes.fromhex(fields[name])
    opened = 0
    for n in range(int(fields['messages'])):
        plain, env_id, k = open_delivery(get(f'delivery_{n}'), Key(4), Key(1))
        text = get(f'text_{n}')
        assert plain.endswith(b32(text)) and env_id == get(f'env_id_{n}')
        opened += 1
    amk_slot = open_object(hkdf(bytes([1]) * 32 + bytes([2]) * 32 + bytes([3]) * 32, b'', L('local slot'), 32), b'local slot',
                           aad(get('account_id'), b'slot', 1, Key(1).ik_hash, 0), get('local'))
    assert amk_slot[:5] == u8(1) + u32(1)
    amk = amk_slot[5:]
    store = open_object(derive(amk, 'amk keystore'), b'keystore', aad(get('account_id'), b'keystore', 1, Key(1).ik_hash, 1), get('keystore'))
    assert store == u8(1) + bytes(32) + b16(Key(1).pkcs8) + u16(1) + u16(1) + b16(Key(2).pkcs8)
    assert recovery_text(get('recovery_secret')) == fields['recovery_text']
    print(f'{opened} messages, a local slot, a keystore and a recovery key of the Rust implementation opened')


if __name__ == '__main__':
    make() if sys.argv[1:] == ['make'] else check(sys.argv[2])
