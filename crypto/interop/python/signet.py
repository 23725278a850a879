"""Signet's formats, written from FORMAT.md alone, with Python's `cryptography` (OpenSSL). The numbers are its sections.

For reading and comparing, not for use: nothing here is constant-time, and keys are not wiped.
"""
import base64
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:
    from cryptography.hazmat.primitives.ciphers.modes import CFB
try:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
except ImportError:  # before 44
    Argon2id = None


class Refused(Exception):
    """Why, for whoever compares implementations; a client tells nobody."""


def need(condition, why):
    if not condition:
        raise Refused(why)


# 1. Conventions

def u8(v): return struct.pack('>B', v)
def u16(v): return struct.pack('>H', v)
def u32(v): return struct.pack('>I', v)
def u64(v): return struct.pack('>Q', v)
def b8(b): return u8(len(b)) + b
def b16(b): return u16(len(b)) + b
def b32(b): return u32(len(b)) + b
def option(b): return b'\x01' + b if b else b'\x00'
def L(label): return b'SGN1 ' + label.encode() + b'\x00'
def H(*parts): return hashlib.sha256(b''.join(parts)).digest()
def HMAC(key, *parts): return hmac.new(key, b''.join(parts), hashlib.sha256).digest()
def hkdf(ikm, salt, info, n=32): return HKDF(hashes.SHA256(), n, salt or bytes(32), info).derive(ikm)


def cfb_encrypt(key, iv, data):
    run = Cipher(algorithms.AES(key), CFB(iv)).encryptor()
    return run.update(data) + run.finalize()


def cfb_decrypt(key, iv, data):
    run = Cipher(algorithms.AES(key), CFB(iv)).decryptor()
    return run.update(data) + run.finalize()


class Reader:
    """Front to back; nothing may be left over."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        need(self.at + n <= len(self.data), 'truncated')
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n): return int.from_bytes(self.take(n), 'big')
    def string(self, n): return self.take(self.number(n))

    def option(self, n):
        flag = self.number(1)
        need(flag in (0, 1), 'option')
        return self.take(n) if flag else b''

    def finish(self): need(self.at == len(self.data), 'bytes left over')


def padme(l):
    if l < 2:
        return l
    e = l.bit_length() - 1
    s = e.bit_length() if e else 0
    step = 1 << max(e - s, 0)
    return -(-l // step) * step


def hide(x):
    length = -(-max(256, padme(len(x) + 1)) // 16) * 16
    return x + b'\x80' + bytes(length - len(x) - 1) + b'\x10' * 16


def show(hidden):
    """The x of which this is the output of `hide`."""
    x = hidden[:-16].rstrip(b'\x00')[:-1]
    need(hide(x) == hidden, 'padding')
    return x


# 3. Keys and ids

class Key:
    def __init__(self, private=None):
        self.private = private or rsa.generate_private_key(65537, 3072)
        self.public = self.private.public_key()
        der = serialization.Encoding.DER
        self.spki = self.public.public_bytes(der, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.pkcs8 = self.private.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.ik_hash, self.ek_id = H(L('ik'), self.spki), H(L('ek'), u16(1), self.spki)

    @classmethod
    def from_pem(cls, pem):
        return cls(serialization.load_pem_private_key(pem, None))

    def pem(self):
        return self.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()).decode()

    def sign(self, label, digest, salt=32):
        return self.private.sign(L(label) + digest, pss(salt), hashes.SHA256())

    def verify(self, label, digest, sig):
        self.public.verify(sig, L(label) + digest, pss(32), hashes.SHA256())

    def wrap(self, label, k): return self.public.encrypt(k, oaep(label))
    def unwrap(self, label, wrap): return self.private.decrypt(wrap, oaep(label))


def pss(salt): return padding.PSS(padding.MGF1(hashes.SHA256()), salt)
def oaep(label): return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label)


def account_id(username, ik_spki, nonce): return H(L('acct'), username.lower().encode(), ik_spki, nonce)[:16]
def direct(one, other): return H(L('dm'), *sorted([one, other]))
def members_hash(members): return H(L('members'), *(id + ik for id, ik in sorted(members)))


# 4. Key statements

def statement_body(id, username, nonce, seq, prev, min_suite, ik_spki, eks, flags=0):
    """`eks`: (suite, not_after, SPKI), the newest last."""
    listed = b''.join(u16(suite) + u64(not_after) + b16(spki) for suite, not_after, spki in eks)
    return (u8(1) + id + b8(username.encode()) + nonce + u64(seq) + prev + u16(flags) + u16(min_suite) + b16(ik_spki)
            + u8(len(eks)) + listed)


def statement_hash(body): return H(L('stmt'), body)
def statement_whole(body, sig, old_sig=b''): return b16(body) + b16(sig) + b16(old_sig)
def pin(wholes): return u8(1) + u16(len(wholes)) + b''.join(b32(whole) for whole in wholes)


# 5. Messages

def leaf_hash(leaf): return H(b'\x00', leaf)
def node_hash(left, right): return H(b'\x01', left, right)


def split(n): return 1 << ((n - 1).bit_length() - 1)


def root(nodes):
    if len(nodes) == 1:
        return nodes[0]
    k = split(len(nodes))
    return node_hash(root(nodes[:k]), root(nodes[k:]))


def path(nodes, i):
    if len(nodes) == 1:
        return []
    k = split(len(nodes))
    return path(nodes[:k], i) + [root(nodes[k:])] if i < k else path(nodes[k:], i - k) + [root(nodes[:k])]


def root_of_path(leaf, index, n, nodes):
    """RFC 9162, 2.1.3.2."""
    need(index < n, 'path')
    fn, sn, r = index, n - 1, leaf_hash(leaf)
    for p in nodes:
        need(sn, 'path')
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, 'path')
    return r


def header(flags, conv_id, group_epoch, members, sender_id, sender_stmt, stream_id, seq, prev, iv, n, suite=1, kind=1):
    return (b'SGN1' + u16(suite) + u8(kind) + u8(flags) + conv_id + u64(group_epoch) + members + sender_id + sender_stmt
            + stream_id + u64(seq) + prev + iv + u16(n))


def context(header): return H(L('ctx'), header)
def first_prev(conv_id, sender_id, stream_id): return H(L('stream'), conv_id, sender_id, stream_id)
def wrap_label(ctx, ek_id): return L('wrap') + ctx + ek_id


def message_keys(k, ctx):
    both = hkdf(k, ctx, L('keys') + u16(1), 64)
    return both[:32], both[32:]


def message_tag(mac, ctx, root, ct): return HMAC(mac, L('tag'), ctx, root, u64(len(ct)), ct)
def env_id(header, root, ct, tag): return H(L('id'), header, root, u32(len(ct)), ct, tag)
def body(ct, tag, sig): return b32(ct) + tag + b16(sig)


def delivered(header, leaves, index, body):
    way = path([leaf_hash(leaf) for leaf in leaves], index)
    return header + u16(index) + leaves[index] + u8(len(way)) + b''.join(way) + body


def read_delivered(data):
    """header, index, leaf, root, ct, tag, sig"""
    r = Reader(data)
    head, index, leaf = r.take(202), r.number(2), r.take(464)
    nodes = [r.take(32) for _ in range(r.number(1))]
    ct, tag, sig = r.string(4), r.take(32), r.string(2)
    r.finish()
    need(head[:4] == b'SGN1' and head[4:8] in (b'\0\1\1\0', b'\0\1\1\1'), 'header')
    return head, index, leaf, root_of_path(leaf, index, int.from_bytes(head[200:], 'big'), nodes), ct, tag, sig


def open_delivered(data, ik, ek):
    """The plaintext, K and env_id of a message signed by `ik` for the reader who has `ek`."""
    head, _, leaf, top, ct, tag, sig = read_delivered(data)
    id = env_id(head, top, ct, tag)
    ik.verify('sig msg', id, sig)
    ctx = context(head)
    k = ek.unwrap(wrap_label(ctx, ek.ek_id), leaf[80:])
    need(len(k) == 32, 'wrap')
    enc, mac = message_keys(k, ctx)
    need(hmac.compare_digest(message_tag(mac, ctx, top, ct), tag), 'tag')
    return show(cfb_decrypt(enc, head[184:200], ct)), k, id


# 6. The plaintext of a message

def inner(content_type, body, sent_ms, client_uuid, reply_to, expires_s, seen, abandoned, group_head, keystore_version,
          keystore_hash, state_version, state_hash, ver=1):
    rows = b''.join(stream + u64(seq) + id for stream, seq, id in seen)
    return (u8(ver) + u16(content_type) + u64(sent_ms) + client_uuid + option(reply_to) + u32(expires_s) + u8(len(seen))
            + rows + option(abandoned) + group_head + u64(keystore_version) + keystore_hash + u64(state_version)
            + state_hash + b32(body))


# 7. Sealed objects

def aad(account_id, object, version, ik_hash, amk_epoch):
    return account_id + b16(object) + u64(version) + ik_hash + u32(amk_epoch)


def object_keys(key, salt, purpose):
    three = hkdf(key, salt, L('seal') + purpose.encode(), 80)
    return three[:32], three[32:64], three[64:]


def object_tag(mac, purpose, aad, salt, ct):
    return HMAC(mac, L('seal tag'), b8(purpose.encode()), u64(len(aad)), aad, salt, u64(len(ct)), ct)


def seal_object(key, purpose, aad, plaintext, salt=None, hidden=None):
    salt = salt or os.urandom(32)
    enc, mac, iv = object_keys(key, salt, purpose)
    ct = cfb_encrypt(enc, iv, hide(plaintext) if hidden is None else hidden)
    return u8(1) + salt + ct + object_tag(mac, purpose, aad, salt, ct)


def open_object(key, purpose, aad, sealed):
    need(len(sealed) >= 65 and sealed[0] == 1, 'layout')
    salt, ct, tag = sealed[1:33], sealed[33:-32], sealed[-32:]
    enc, mac, iv = object_keys(key, salt, purpose)
    need(hmac.compare_digest(object_tag(mac, purpose, aad, salt, ct), tag), 'tag')
    return show(cfb_decrypt(enc, iv, ct))


def object_hash(sealed): return H(L('object'), sealed)


# 8. The master key and its slots

def derive(amk, label, info=b''): return hkdf(amk, b'', L(label) + info)
def slot_plaintext(epoch, amk): return u8(1) + u32(epoch) + amk
def secret_key_id(id, key): return H(L('secret key id'), id, key)[:8]


def slot_aad(id, ik_hash, key_id=b''):
    """`key_id`: of the secret key that is needed beside the password."""
    return aad(id, b'slot' + key_id, 2 if key_id else 1, ik_hash, 0)


def slot(sealed, key_id=b''): return u8(2) + key_id + sealed if key_id else sealed


def unlock_key(export_key, id, profile, secret_key=b''):
    label = 'unlock with secret key' if secret_key else 'unlock'
    return hkdf(export_key + secret_key, id, L(label) + u8(profile))


def local_key(browser, relay, tab): return hkdf(browser + relay + tab, b'', L('local slot'))


# 9. The keystore

def keystore_plaintext(prev_hash, ik_pkcs8, ek_pkcs8s, former=(), secret_key=b''):
    """`former`: (epoch, ik_hash, AMK) of each earlier master key."""
    listed = b''.join(u16(1) + b16(pkcs8) for pkcs8 in ek_pkcs8s)
    keys = prev_hash + b16(ik_pkcs8) + u16(len(ek_pkcs8s)) + listed
    if not former and not secret_key:
        return u8(1) + keys
    formers = b''.join(u32(epoch) + ik_hash + amk for epoch, ik_hash, amk in former)
    return u8(3 if secret_key else 2) + keys + u16(len(former)) + formers + secret_key


# 12. The recovery key and the secret key

def grouped(data):
    bits, n = int.from_bytes(data, 'big'), len(data) * 8 // 5
    text = ''.join('0123456789ABCDEFGHJKMNPQRSTVWXYZ'[bits >> (5 * (n - 1 - i)) & 31] for i in range(n))
    return '-'.join(text[i:i + 4] for i in range(0, n, 4))


def recovery_text(key): return grouped(key + H(L('recovery key'), key)[:3])
def secret_key_text(key): return 'SK-' + grouped(key + H(L('secret key'), key)[:4])


# 13. The safety number

def code_text(shower, reader):
    parts = (id + ik_hash + head for id, ik_hash, head in (shower, reader))
    return 'SIGNET:1:' + base64.b32encode(b''.join(parts)).decode()


def safety_half(id, username, ik_spki):
    h = L('safety number') + id + b8(username.lower().encode()) + ik_spki
    for _ in range(5200):
        h = hashlib.sha512(h + ik_spki).digest()
    return ['%05d' % (int.from_bytes(h[5 * i:5 * i + 5], 'big') % 100000) for i in range(6)]


def safety_number(one, other):
    """Each is (account_id, username, IK SPKI)."""
    return ' '.join(sum(sorted([safety_half(*one), safety_half(*other)]), []))


# 14. The backup file

def backup_fields(account_id, salt, created_ms, chunk_size=65535, m=65536, t=3, p=1, suite=1, kdf=1, ver=1):
    return (b'SGNB' + u16(ver) + u8(kdf) + u32(m) + u32(t) + u8(p) + salt + u16(suite) + account_id + u64(created_ms)
            + u32(chunk_size))


def backup_bk(password, salt, m, t, p):
    return Argon2id(salt=salt, length=32, iterations=t, lanes=p, memory_cost=m).derive(password.encode())


def backup_keys(bk): return hkdf(bk, b'', L('backup hk')), hkdf(bk, b'', L('backup ck'))


def backup_header(fields, hk):
    maced = fields + HMAC(hk, L('backup header'), fields)
    return maced + H(L('backup checksum'), maced)[:8]


def backup_header_hash(header): return H(L('backup'), header)
def backup_aad(header_hash, index, final): return header_hash + u64(index) + u8(final)
def backup_chunk(final, sealed): return u8(final) + b32(sealed)
def backup_digest(header_hash, n_chunks, root): return H(L('backup end'), header_hash, u64(n_chunks), root)
def backup_record(type, body): return u8(type) + b32(body)
def backup_account(id, username): return backup_record(1, id + b8(username.encode()))
def backup_keystore(version, plaintext): return backup_record(2, u64(version) + plaintext)
def backup_end(contacts, messages): return backup_record(255, u32(contacts) + u64(messages))


def backup_contact(id, username, seq, head, ik_hash, since_ms, doubts, verified, pin):
    return backup_record(4, id + b8(username.encode()) + u64(seq) + head + ik_hash + u64(since_ms) + u8(doubts)
                         + option(verified) + (b'\x01' + b32(pin) if pin else b'\x00'))


def backup_message(place, conv_id, env_id, author, stream_id, seq, client_uuid, reply_to, sent_ms, received_ms, state,
                   content_type, body, k):
    return backup_record(6, u64(place) + conv_id + env_id + author + stream_id + u64(seq) + client_uuid
                         + option(reply_to) + u64(sent_ms) + u64(received_ms) + u8(state) + u16(content_type) + b32(body)
                         + option(k))


def write_backup(fields, bk, ik, stream):
    """The whole file."""
    hk, ck = backup_keys(bk)
    header, size = backup_header(fields, hk), int.from_bytes(fields[74:], 'big')
    hash, out, leaves = backup_header_hash(header), [], []
    for at in range(0, len(stream), size):
        final = at + size >= len(stream)
        sealed = seal_object(ck, 'backup', backup_aad(hash, len(leaves), final), stream[at:at + size])
        out.append(backup_chunk(final, sealed))
        leaves.append(leaf_hash(sealed))
    top = root(leaves)
    sig = ik.sign('sig backup', backup_digest(hash, len(leaves), top))
    return header + b''.join(out) + u64(len(leaves)) + top + sig


def read_backup(file, bk, ik):
    """The record stream, n_chunks and root of a file that `ik` signed; what is in the records is left to the caller."""
    hk, ck = backup_keys(bk)
    fields, size = file[:78], int.from_bytes(file[74:78], 'big')
    need(fields[:7] == b'SGNB\0\1\1' and file[:118] == backup_header(fields, hk), 'header')
    r, hash, stream, leaves, final = Reader(file), backup_header_hash(file[:118]), b'', [], 0
    r.take(118)
    while not final:
        final, sealed = r.number(1), r.string(4)
        need(final in (0, 1), 'final')
        plain = open_object(ck, 'backup', backup_aad(hash, len(leaves), final), sealed)
        need(0 < len(plain) <= size if final else len(plain) == size, 'chunk')
        stream += plain
        leaves.append(leaf_hash(sealed))
    n, top, sig = r.number(8), r.take(32), r.take(384)
    r.finish()
    need((n, top) == (len(leaves), root(leaves)), 'root')
    ik.verify('sig backup', backup_digest(hash, n, top), sig)
    return stream, n, top


def backup_records(stream):
    """Type and body of each."""
    r, records = Reader(stream), []
    while r.at < len(stream):
        records.append((r.number(1), r.string(4)))
    return records
