#!/usr/bin/env python3
"""Makes `own/*.txt`: vectors of FORMAT.md, one claim each, with the formats as `crypto/interop/python` has them.

A file that exists is never made again: a published vector stays as it is. To add one, add its claim here and run this.
"""
import pathlib
import sys

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / '../../interop/python'))
sys.dont_write_bytecode = True
import signet
from signet import H, L, Key, b8, b16, b32, u8, u16, u32, u64


def write(claim, /, **fields):
    path = HERE / 'own' / f'{claim}.txt'
    if not path.exists():
        lines = [f'{k} = {v.hex() if isinstance(v, (bytes, bytearray)) else v}'.rstrip() for k, v in fields.items()]
        path.write_text('\n'.join(lines) + '\n')
        print(claim)


def listed(name, values):
    return {f'{name}_{n}': value for n, value in enumerate(values)}


KEYS = [None] + [Key.from_pem((HERE / f'../data/test-key-{n}.pem').read_bytes()) for n in range(1, 9)]
DAY = 1_800_000_000_000


# People, and messages between them

class Person:
    def __init__(self, name, ik, ek):
        self.name, self.ik, self.ek = name, KEYS[ik], KEYS[ek]
        self.nonce = H(name.encode())
        self.id = signet.account_id(name, self.ik.spki, self.nonce)
        self.body = signet.statement_body(self.id, name, self.nonce, 1, bytes(32), 1, self.ik.spki,
                                          [(1, DAY, self.ek.spki)])
        self.head = signet.statement_hash(self.body)
        self.statement = signet.statement_whole(self.body, self.ik.sign('sig stmt', self.head))
        self.pin = signet.pin([self.statement])


A, B, C = Person('Anna', 1, 2), Person('bert_2', 3, 4), Person('Clara', 5, 6)
TWO, THREE = [A, B], [A, B, C]
STREAM = bytes([3]) * 16


def members(people): return signet.members_hash([(p.id, p.ik.ik_hash) for p in people])
def conv(people): return signet.direct(*(p.id for p in people)) if len(people) == 2 else bytes([7]) * 32


def inner(body, kind=1, ver=1, rows=1, after=b''):
    return signet.inner(kind, body, 1_790_000_000_000, bytes([9]) * 16, bytes([8]) * 32, 60,
                        [(STREAM, 5, bytes([4]) * 32)] * rows, b'', bytes(32), 1, bytes([1]) * 32, 2, bytes([2]) * 32,
                        ver) + after


def seal(sender, people, plain, padded=None, label=None, k=None, salt=32, flip_tag=0, kdf_salt=None, signer=None,
         head=None, signed=None, **header):
    """leaves, body and env_id of a message that keeps to FORMAT.md but for what is asked for."""
    people = sorted(people, key=lambda p: p.id)
    k, iv = k or H(b'k'), H(b'iv')[:16]
    fields = dict(flags=1, conv_id=conv(people), group_epoch=0, members=members(people), sender_id=sender.id,
                  sender_stmt=head or sender.head, stream_id=STREAM, seq=1, iv=iv, n=len(people)) | header
    fields.setdefault('prev', signet.first_prev(fields['conv_id'], sender.id, STREAM))
    head = signet.header(**fields)
    ctx = signet.context(head)
    leaves = []
    for p in people:
        wrap = p.ek.wrap(signet.wrap_label(ctx, p.ek.ek_id) if label is None else label(ctx, p.ek.ek_id), k)
        leaves.append(p.id + p.ek.ek_id + p.head + wrap)
    top = signet.root([signet.leaf_hash(leaf) for leaf in leaves])
    enc, mac = signet.message_keys(k, ctx)
    if kdf_salt is not None:
        both = signet.hkdf(k, kdf_salt, L('keys') + u16(1), 64)
        enc, mac = both[:32], both[32:]
    ct = signet.cfb_encrypt(enc, iv, signet.hide(plain) if padded is None else padded)
    tag = bytearray(signet.message_tag(mac, ctx, top, ct))
    tag[-1] ^= flip_tag
    id = signet.env_id(head, top, ct, bytes(tag))
    sig = (signer or sender.ik).sign(signed or 'sig msg', id, salt)
    return head, leaves, signet.body(ct, bytes(tag), sig), id


def message(claim, outcome, people=TWO, text=b'Meet at nine?', change=None, view={}, more={}, **how):
    plain = how.pop('plain', None) or inner(text)
    head, leaves, body, id = seal(A, people, plain, **how)
    order = sorted(people, key=lambda p: p.id)
    data = signet.delivered(head, leaves, order.index(B), body)
    fields = dict(kind='message', outcome=outcome, sender=A.pin, reader=B.pin, reader_ek=4, conv=conv(people),
                  members=members(people), env_id=id, text=text, delivery=data) | view | more
    if change:
        fields['delivery'] = change(data)
        del fields['env_id']
    if more:
        del fields['text']
    write('message_' + claim, **{k: v for k, v in fields.items() if v is not None})


def put(at, new):
    return lambda data: data[:at] + new + data[at + len(new):]


def messages():
    x = inner(b'Meet at nine?')
    full = signet.hide(x)
    message('two_readers', 'opens')
    message('three_readers', 'opens', THREE)
    message('long', 'opens', text='ä'.encode() * 20_000)
    message('empty', 'opens', text=b'')
    ids = [bytes([n]) * 32 for n in (1, 2)]
    message('delivered', 'opens', plain=inner(u16(2) + b''.join(ids), kind=2), more=listed('delivered', ids))
    target, says = bytes([3]) * 32, lambda kind, rest=b'': inner(target + rest, kind=kind)
    message('read', 'opens', plain=inner(u16(2) + b''.join(ids), kind=3), more=listed('read', ids))
    message('reaction', 'opens', plain=says(4, '👩‍👧'.encode()), more=dict(target=target, reaction='👩‍👧'.encode()))
    message('reaction_taken_back', 'opens', plain=says(4), more=dict(target=target, reaction=b''))
    message('edit', 'opens', plain=says(5, b'Meet at ten?'), view=dict(target=target), text=b'Meet at ten?')
    message('delete', 'opens', plain=says(6), more=dict(target=target))
    message('reaction_too_long', 'inner', plain=says(4, b'x' * 65))
    message('reaction_not_utf8', 'inner', plain=says(4, b'\xff'))
    message('edit_too_long', 'inner', plain=says(5, b'x' * 20_001))
    message('delete_with_more', 'inner', plain=says(6, b'x'))
    message('delete_of_nothing', 'inner', plain=inner(target[:31], kind=6))
    message('read_with_more', 'inner', plain=inner(u16(1) + target + b'x', kind=3))
    message('unknown_content_is_kept', 'opens', plain=inner(b'\xff' * 9, kind=777),
            more=dict(content_type=777, body=b'\xff' * 9))
    message('sixteen_seen_rows', 'opens', plain=inner(b'Meet at nine?', rows=16))
    message('too_many_characters', 'inner', text=b'x' * 20_001)
    # Everything below is signed and, where that is possible, MACed rightly: the check that must stop it is the last one.
    message('tag_flipped', 'tag', flip_tag=1)
    message('kdf_without_context', 'tag', kdf_salt=b'')
    message('wrap_without_label', 'wrap', label=lambda ctx, ek_id: b'')
    message('wrap_label_without_context', 'wrap', label=lambda ctx, ek_id: L('wrap') + ek_id)
    message('wrap_label_without_key_id', 'wrap', label=lambda ctx, ek_id: L('wrap') + ctx)
    message('wrap_label_without_prefix', 'wrap', label=lambda ctx, ek_id: ctx + ek_id)
    message('key_of_31_bytes', 'wrap', k=bytes(31))
    message('key_of_33_bytes', 'wrap', k=bytes(33))
    message('signature_salt_20', 'signature', salt=20)
    message('signature_as_of_a_statement', 'signature', signed='sig stmt')
    message('signed_by_encryption_key', 'signature', signer=A.ek)
    message('signed_by_another_member', 'signature', signer=B.ik)
    message('padding_missing', 'padding', padded=x)
    message('padding_pkcs7_short', 'padding', padded=full[:-16] + b'\x01')
    message('padding_pkcs7_wrong_fill', 'padding', padded=full[:-16] + bytes(15) + b'\x10')
    message('padding_marker_missing', 'padding', padded=x + bytes(len(full) - 16 - len(x)) + b'\x10' * 16)
    message('padding_marker_other', 'padding', padded=x + b'\x81' + bytes(len(full) - 17 - len(x)) + b'\x10' * 16)
    message('padding_longer', 'padding', padded=full[:-16] + bytes(16) + b'\x10' * 16)
    message('padding_two_blocks', 'padding', padded=full[:-16] + b'\x20' * 32)
    message('plaintext_version_2', 'inner', plain=inner(b'x', ver=2))
    message('plaintext_trailing_byte', 'inner', plain=inner(b'x', after=b'\0'))
    message('plaintext_truncated', 'inner', plain=x[:-1])
    message('plaintext_option_2', 'inner', plain=x[:27] + b'\x02' + x[28:])
    message('plaintext_seventeen_seen_rows', 'inner', plain=inner(b'x', rows=17))
    message('plaintext_empty', 'inner', padded=signet.hide(b''))
    message('text_not_utf8', 'inner', plain=inner(b'\xff\xfe'))
    message('receipts_truncated', 'inner', plain=inner(u16(2) + bytes(32), kind=2))
    message('receipts_too_many', 'inner', plain=inner(u16(1025) + bytes(32 * 1025), kind=2))
    # What the reader's own state contradicts.
    message('of_another_sender', 'sender', view=dict(sender=C.pin))
    message('by_an_unknown_statement', 'sender statement', head=bytes(32))
    message('in_another_conversation', 'conversation', view=dict(conv=conv(THREE)))
    message('to_other_members', 'members', view=dict(members=members(THREE)))
    message('in_another_epoch', 'members', group_epoch=1)
    message('for_another_reader', 'reader', THREE, view=dict(reader=C.pin))
    raised = Person('Anna', 1, 2)
    second = signet.statement_body(A.id, A.name, A.nonce, 2, A.head, 2, A.ik.spki, [(1, DAY, A.ek.spki)])
    raised.head = signet.statement_hash(second)
    raised.pin = signet.pin([A.statement, signet.statement_whole(second, A.ik.sign('sig stmt', raised.head))])
    message('below_the_senders_least_suite', 'suite', [raised, B], head=raised.head, view=dict(sender=raised.pin))
    other = Person('bert_2', 3, 6)
    message('for_a_key_that_is_not_the_readers', 'encryption key', view=dict(reader=other.pin))
    # Layout.
    message('magic', 'layout', change=put(0, b'SGN2'))
    message('suite_2', 'layout', change=put(4, u16(2)))
    message('kind_2', 'layout', change=put(6, u8(2)))
    message('flag_unknown', 'layout', change=put(7, u8(2)))
    message('seq_0', 'layout', change=put(144, u64(0)))
    message('recipients_0', 'layout', change=put(200, u16(0)))
    message('recipients_257', 'layout', change=put(200, u16(257)))
    message('index_beyond', 'layout', change=put(202, u16(2)))
    message('path_too_short', 'path', change=lambda d: d[:668] + u8(0) + d[701:])
    message('path_too_long', 'path', change=lambda d: d[:668] + u8(2) + d[669:701] + d[669:])
    message('path_turned', 'signature', change=put(202, u16(TWO.index(min(TWO, key=lambda p: p.id)))))
    message('trailing_byte', 'layout', change=lambda d: d + b'\0')
    message('truncated', 'layout', change=lambda d: d[:-1])
    message('signature_missing', 'signature', change=lambda d: d[:-386] + u16(0))
    message('ciphertext_over_the_limit', 'layout', change=lambda d: d[:701] + u32(131073) + bytes(131073) + d[-418:])


def uploaded():
    head, leaves, body, id = seal(A, THREE, inner(b'x'))
    order = sorted(THREE, key=lambda p: p.id)

    def case(claim, outcome, data, **fields):
        write('uploaded_' + claim, kind='uploaded', outcome=outcome, env_id=id, uploaded=data, **fields)
    whole = head + b''.join(leaves) + body
    case('three_readers', 'opens', whole, **listed('delivery', [signet.delivered(head, leaves, i, body) for i in range(3)]))
    case('leaves_descend', 'layout', head + b''.join(reversed(leaves)) + body)
    case('leaf_twice', 'layout', head + leaves[0] + leaves[0] + leaves[2] + body)
    mine = order.index(A)
    case('sender_no_reader', 'layout',
         head[:200] + u16(2) + b''.join(leaves[:mine] + leaves[mine + 1:]) + body)
    case('leaf_missing', 'layout', head + leaves[0] + leaves[1] + body)
    case('leaf_too_many', 'layout', head[:200] + u16(2) + b''.join(leaves) + body)
    case('trailing_byte', 'layout', whole + b'\0')
    case('as_delivered', 'layout', signet.delivered(head, leaves, 0, body))


# Accounts

def chain(*changes):
    """Statements of Anna's, each with what changes from the one before; `key`, `old`, `salt` and `label` bend the signing."""
    said = dict(id=A.id, username=A.name, nonce=A.nonce, seq=1, prev=bytes(32), min_suite=1, ik_spki=A.ik.spki,
                eks=[(1, DAY, A.ek.spki)], flags=0)
    wholes, ik = [], A.ik
    for n, change in enumerate(changes):
        change = dict(change)
        how = {name: change.pop(name) for name in ('key', 'old', 'salt', 'label') if name in change}
        if 'ik' in change:
            ik = change.pop('ik')
            change['ik_spki'] = ik.spki
        if n:
            said |= dict(seq=n + 1, prev=signet.statement_hash(body))
        said |= change
        body = signet.statement_body(**said)
        hash = signet.statement_hash(body)
        sig = how.get('key', ik).sign(how.get('label', 'sig stmt'), hash, how.get('salt', 32))
        old = how['old'].sign('sig stmt', hash) if 'old' in how else b''
        wholes.append(signet.statement_whole(body, sig, old))
    return wholes, dict(account_id=said['id'], head=hash, ik_hash=H(L('ik'), said['ik_spki']),
                        ek_id=H(L('ek'), u16(said['eks'][-1][0]), said['eks'][-1][2]))


def accounts():
    def case(claim, outcome, wholes, known=None, pin=None, facts={}):
        fields = dict(kind='account', outcome=outcome)
        fields |= {} if known is None else dict(known=signet.pin(known))
        fields |= listed('statement', wholes) if pin is None else dict(pin=pin)
        write('account_' + claim, **fields, **facts)

    new_ek, new_ik = dict(eks=[(1, DAY, A.ek.spki), (1, DAY + 1, KEYS[6].spki)]), dict(ik=KEYS[7], old=A.ik)
    one, one_facts = chain({})
    three, facts = chain({}, new_ek, new_ik)
    fork, _ = chain({}, dict(min_suite=2), {})
    case('first_statement', 'opens', one, facts=one_facts)
    case('new_encryption_key_then_new_identity_key', 'opens', three, facts=facts)
    case('longer_than_known', 'opens', three, known=one, facts=facts)
    later, later_facts = chain({}, dict(eks=[(7, DAY, b'not for us'), (1, DAY, A.ek.spki)]))
    case('same_as_known', 'opens', three, known=three, facts=facts)
    case('key_of_an_unknown_suite_beside', 'opens', later, facts=later_facts)
    case('shorter_than_known', 'rollback', one, known=three)
    case('other_than_known', 'fork', fork, known=three)
    case('begins_in_the_middle', 'gap', three[1:])
    case('one_left_out', 'gap', [three[0], three[2]])
    case('first_names_one_before', 'gap', chain(dict(prev=bytes([1]) * 32))[0])
    case('first_is_numbered_2', 'gap', chain(dict(seq=2))[0])
    case('of_two_accounts', 'substituted', [one[0], B.statement])
    case('prev_of_another', 'fork', chain({}, {})[0][:1] + chain({}, dict(prev=bytes(32)))[0][1:])
    case('id_not_its_own', 'substituted', chain(dict(id=B.id))[0])
    case('username_changed', 'substituted', chain({}, dict(username='Annette'))[0])
    case('nonce_changed', 'substituted', chain({}, dict(nonce=bytes(32)))[0])
    case('identity_key_without_the_old_ones_word', 'identity replaced', chain({}, dict(ik=KEYS[7]))[0])
    case('identity_key_with_anothers_word', 'signature', chain({}, dict(ik=KEYS[7], old=B.ik))[0])
    case('old_signature_without_a_new_key', 'signature', chain({}, dict(old=A.ik))[0])
    case('old_signature_in_the_first', 'signature', chain(dict(old=A.ik))[0])
    case('signed_by_the_encryption_key', 'signature', chain(dict(key=A.ek))[0])
    case('signature_salt_20', 'signature', chain(dict(salt=20))[0])
    case('signature_as_of_a_message', 'signature', chain(dict(label='sig msg'))[0])
    case('least_suite_lowered', 'suite lowered', chain({}, dict(min_suite=2), dict(min_suite=1))[0])
    case('least_suite_0', 'suite lowered', chain(dict(min_suite=0))[0])
    case('flag_unknown', 'malformed', chain(dict(flags=1))[0])
    case('encryption_key_is_identity_key', 'key', chain(dict(eks=[(1, DAY, A.ik.spki)]))[0])
    case('no_encryption_key_of_our_suite', 'key', chain(dict(eks=[(2, DAY, A.ek.spki)]))[0])
    small, big = (rsa.generate_private_key(65537, bits) for bits in (2048, 4096))
    three_e = rsa.RSAPublicNumbers(3, A.ek.public.public_numbers().n).public_key()
    der = signet.serialization.Encoding.DER, signet.serialization.PublicFormat.SubjectPublicKeyInfo
    case('key_of_2048_bits', 'key', chain(dict(eks=[(1, DAY, Key(small).spki)]))[0])
    case('key_of_4096_bits', 'key', chain(dict(eks=[(1, DAY, Key(big).spki)]))[0])
    case('exponent_3', 'key', chain(dict(eks=[(1, DAY, three_e.public_bytes(*der))]))[0])
    case('key_with_trailing_byte', 'key', chain(dict(eks=[(1, DAY, A.ek.spki + b'\0')]))[0])
    none = signet.statement_body(A.id, A.name, A.nonce, 1, bytes(32), 1, A.ik.spki, [])
    five = signet.statement_body(A.id, A.name, A.nonce, 1, bytes(32), 1, A.ik.spki, [(1, DAY, A.ek.spki)] * 5)
    signed = lambda body: [signet.statement_whole(body, A.ik.sign('sig stmt', signet.statement_hash(body)))]
    case('without_encryption_key', 'layout', signed(none))
    case('five_encryption_keys', 'layout', signed(five))
    case('version_2', 'layout', signed(u8(2) + A.body[1:]))
    case('body_trailing_byte', 'layout', signed(A.body + b'\0'))
    case('trailing_byte', 'layout', [one[0] + b'\0'])
    case('longer_than_8192', 'layout', [signet.statement_whole(A.body, bytes(8192))])
    for claim, name in dict(short='ab', digit_first='1anna', umlaut='Änna', long='a' * 33, hyphen='an-na').items():
        id = signet.account_id(name, A.ik.spki, A.nonce)
        body = signet.statement_body(id, name, A.nonce, 1, bytes(32), 1, A.ik.spki, [(1, DAY, A.ek.spki)])
        case('username_' + claim, 'layout', signed(body))
    case('pin', 'opens', None, pin=signet.pin(three), facts=facts)
    case('pin_empty', 'empty', None, pin=signet.pin([]))
    case('pin_version_2', 'malformed', None, pin=u8(2) + signet.pin(one)[1:])
    case('pin_trailing_byte', 'malformed', None, pin=signet.pin(one) + b'\0')
    case('pin_truncated', 'malformed', None, pin=signet.pin(three)[:-1])


# Sealed objects

AMK, SHARES = H(b'amk'), [bytes([n]) * 32 for n in (1, 2, 3)]


def objects():
    key, ad = H(b'key'), (A.id, b'a name', 7, A.ik.ik_hash, 2)
    facts = dict(zip(['account_id', 'object', 'version', 'ik_hash', 'amk_epoch'], ad))
    plain = b'What is sealed.'

    def case(claim, outcome, sealed, purpose='state', **fields):
        write('object_' + claim, **dict(kind='object', outcome=outcome, purpose=purpose, key=key, **facts, plaintext=plain,
                                        sealed=sealed, object_hash=signet.object_hash(sealed)) | fields)
    for purpose in ['password slot', 'recovery slot', 'keystore', 'state', 'history', 'cache', 'local slot']:
        case(purpose.replace(' ', '_'), 'opens', signet.seal_object(key, purpose, signet.aad(*ad), plain), purpose)
    sealed = signet.seal_object(key, 'state', signet.aad(*ad), plain)
    case('empty', 'opens', signet.seal_object(key, 'state', signet.aad(*ad), b''), plaintext=b'')
    case('long', 'opens', signet.seal_object(key, 'state', signet.aad(*ad), bytes(5000)), plaintext=bytes(5000))
    case('for_another_purpose', 'refused', sealed, 'cache')
    case('of_another_account', 'refused', sealed, account_id=B.id)
    case('under_another_name', 'refused', sealed, object=b'another')
    case('of_another_version', 'refused', sealed, version=6)
    case('of_another_identity', 'refused', sealed, ik_hash=B.ik.ik_hash)
    case('of_another_epoch', 'refused', sealed, amk_epoch=1)
    case('under_another_key', 'refused', sealed, key=H(b'other'))
    case('tag_flipped', 'refused', sealed[:-1] + u8(sealed[-1] ^ 1))
    case('tag_truncated', 'refused', sealed[:-1])
    case('tag_of_16_bytes', 'refused', sealed[:-16])
    case('trailing_byte', 'refused', sealed + b'\0')
    case('version_byte_2', 'refused', u8(2) + sealed[1:])
    case('nothing', 'refused', b'')
    case('shorter_than_a_tag', 'refused', sealed[:64])
    hidden = signet.hide(plain)
    bent = lambda hidden: signet.seal_object(key, 'state', signet.aad(*ad), b'', hidden=hidden)
    case('padding_missing', 'refused', bent(plain))
    case('padding_longer', 'refused', bent(hidden[:-16] + bytes(16) + hidden[-16:]))
    case('padding_pkcs7_short', 'refused', bent(hidden[:-16] + b'\x01'))
    case('ciphertext_empty', 'refused', bent(b''))
    enc, mac, iv = signet.object_keys(key, H(b'salt'), 'state')
    ct = signet.cfb_encrypt(enc, iv, hidden)
    unbound = signet.HMAC(mac, L('seal tag'), b8(b'state'), H(b'salt'), u64(len(ct)), ct)
    case('tag_without_additional_data', 'refused', u8(1) + H(b'salt') + ct + unbound)


def slots():
    export_key, ad = H(b'x') + H(b'y'), signet.slot_aad(A.id, A.ik.ik_hash)
    unlock = signet.unlock_key(export_key, A.id, 1)
    facts = dict(account_id=A.id, ik_hash=A.ik.ik_hash, AMK=AMK, epoch=3)

    def slot(claim, outcome, plain=signet.slot_plaintext(3, AMK), purpose='password slot', sealed_for=None, **fields):
        sealed = signet.seal_object(unlock, sealed_for or purpose, ad, plain)
        write('slot_' + claim, **dict(kind='slot', outcome=outcome, purpose=purpose, export_key=export_key, profile=1,
                                      **facts, sealed=sealed) | fields)
    slot('of_a_password', 'opens')
    slot('of_a_recovery_key', 'opens', purpose='recovery slot')
    slot('of_a_recovery_key_as_of_a_password', 'refused', sealed_for='recovery slot')
    slot('of_another_account', 'refused', account_id=B.id)
    slot('of_another_identity', 'refused', ik_hash=B.ik.ik_hash)
    slot('of_another_secret', 'refused', export_key=bytes(64))
    slot('epoch_0', 'refused', signet.slot_plaintext(0, AMK))
    slot('version_2', 'refused', u8(2) + signet.slot_plaintext(3, AMK)[1:])
    slot('key_of_31_bytes', 'refused', signet.slot_plaintext(3, AMK[:31]))
    slot('trailing_byte', 'refused', signet.slot_plaintext(3, AMK) + b'\0')
    slot('profile_2', 'profile', profile=2)

    key, other = H(b'secret key')[:16], H(b'another secret key')[:16]
    key_id, plain = signet.secret_key_id(A.id, key), signet.slot_plaintext(3, AMK)
    both = signet.seal_object(signet.unlock_key(export_key, A.id, 1, key), 'password slot',
                              signet.slot_aad(A.id, A.ik.ik_hash, key_id), plain)

    def with_key(claim, outcome, whole, secret_key=key, **fields):
        write('slot_' + claim, **dict(kind='slot', outcome=outcome, purpose='password slot', export_key=export_key,
                                      profile=1, **facts, secret_key=secret_key, sealed=whole) | fields)
    whole = signet.slot(both, key_id)
    with_key('with_a_secret_key', 'opens', whole)
    with_key('with_another_secret_key', 'refused', whole, other)
    with_key('with_a_secret_key_of_another_password', 'refused', whole, export_key=bytes(64))
    with_key('with_a_secret_key_of_another_account', 'refused', whole, account_id=B.id)
    with_key('with_a_secret_key_head_cut_off', 'refused', both)
    with_key('with_a_secret_key_head_of_another', 'refused', signet.slot(both, signet.secret_key_id(A.id, other)))
    with_key('with_a_secret_key_head_of_another_and_that_key', 'refused',
             signet.slot(both, signet.secret_key_id(A.id, other)), other)
    with_key('with_a_secret_key_head_alone', 'refused', whole[:9])
    with_key('with_a_secret_key_trailing_byte', 'refused', whole + b'\0')
    with_key('without_a_secret_key_opened_with_one', 'refused', signet.seal_object(unlock, 'password slot', ad, plain))
    with_key('without_a_secret_key_under_a_head', 'refused',
             signet.slot(signet.seal_object(unlock, 'password slot', ad, plain), key_id))
    with_key('with_a_secret_key_outside_the_key', 'refused', signet.slot(signet.seal_object(
        unlock, 'password slot', signet.slot_aad(A.id, A.ik.ik_hash, key_id), plain), key_id))
    with_key('with_a_secret_key_under_the_old_label', 'refused', signet.slot(signet.seal_object(
        signet.hkdf(export_key + key, A.id, L('unlock') + u8(1)), 'password slot',
        signet.slot_aad(A.id, A.ik.ik_hash, key_id), plain), key_id))
    with_key('with_a_secret_key_and_additional_data_without', 'refused', signet.slot(signet.seal_object(
        signet.unlock_key(export_key, A.id, 1, key), 'password slot', ad, plain), key_id))
    # It is not asked for beside a recovery key, whose slot is as without one.
    slot('of_a_recovery_key_beside_a_secret_key', 'opens', purpose='recovery slot', secret_key=key)
    write('slot_with_a_secret_key_opened_without', kind='slot', outcome='refused', purpose='password slot',
          export_key=export_key, profile=1, **facts, sealed=whole)

    def local(claim, outcome, tab=SHARES[2], **fields):
        sealed = signet.seal_object(signet.local_key(SHARES[0], SHARES[1], tab), 'local slot', ad,
                                    signet.slot_plaintext(3, AMK))
        write('local_' + claim, **dict(kind='local', outcome=outcome, browser=SHARES[0], relay=SHARES[1], tab=tab,
                                       **facts, sealed=sealed) | fields)
    local('with_three_shares', 'opens')
    local('without_a_tab', 'opens', tab=b'')
    local('browsers_share_wrong', 'refused', browser=bytes(32))
    local('relays_share_wrong', 'refused', relay=bytes(32))
    sealed = signet.seal_object(signet.local_key(*SHARES), 'local slot', ad, signet.slot_plaintext(3, AMK))
    for claim, tab in dict(tabs_share_wrong=bytes(32), tabs_share_missing=b'').items():
        write('local_' + claim, kind='local', outcome='refused', browser=SHARES[0], relay=SHARES[1], tab=tab, **facts,
              sealed=sealed)


def under_the_master_key():
    slot_aad = signet.slot_aad(A.id, A.ik.ik_hash)
    local = signet.seal_object(signet.local_key(*SHARES), 'local slot', slot_aad, signet.slot_plaintext(1, AMK))
    known = dict(account=A.pin, browser=SHARES[0], relay=SHARES[1], tab=SHARES[2], local=local)
    prev = bytes([4]) * 32
    store = signet.keystore_plaintext(prev, A.ik.pkcs8, [A.ek.pkcs8])
    store_aad = signet.aad(A.id, b'keystore', 3, A.ik.ik_hash, 1)
    seal_store = lambda plain, **how: signet.seal_object(signet.derive(AMK, 'amk keystore'), 'keystore', store_aad, plain,
                                                         **how)
    with_former = lambda former: signet.keystore_plaintext(prev, A.ik.pkcs8, [A.ek.pkcs8], former)
    key, former = H(b'secret key')[:16], [(1, C.ik.ik_hash, H(b'former'))]
    keyed = lambda former=(): signet.keystore_plaintext(prev, A.ik.pkcs8, [A.ek.pkcs8], former, key)
    bad_crt, bad_n = bytearray(A.ik.pkcs8), bytearray(A.ik.pkcs8)
    bad_crt[-1] ^= 2  # the last byte of qInv
    bad_n[40 + 300] ^= 2  # within n
    for claim, outcome, sealed in [
        ('opens', 'opens', seal_store(store)),
        ('with_earlier_keys', 'opens', seal_store(signet.keystore_plaintext(prev, A.ik.pkcs8,
                                                                            [KEYS[8].pkcs8, A.ek.pkcs8]))),
        ('crt_value_wrong', 'refused', seal_store(store.replace(A.ik.pkcs8, bytes(bad_crt)))),
        ('modulus_wrong', 'refused', seal_store(store.replace(A.ik.pkcs8, bytes(bad_n)))),
        ('identity_of_another', 'refused', seal_store(store.replace(A.ik.pkcs8, C.ik.pkcs8))),
        ('without_encryption_key', 'refused', seal_store(u8(1) + bytes(32) + b16(A.ik.pkcs8) + u16(0))),
        ('unknown_suite', 'refused', seal_store(store[:-len(A.ek.pkcs8) - 4] + u16(2) + b16(A.ek.pkcs8))),
        ('trailing_byte', 'refused', seal_store(store + b'\0')),
        ('version_2', 'refused', seal_store(u8(2) + store[1:])),
        ('with_a_former_master_key', 'opens', seal_store(with_former([(1, C.ik.ik_hash, H(b'former'))]))),
        ('with_two_former_master_keys', 'opens', seal_store(with_former([(1, C.ik.ik_hash, H(b'former')),
                                                                          (2, A.ik.ik_hash, H(b'another'))]))),
        ('former_master_keys_none', 'refused', seal_store(u8(2) + store[1:] + u16(0))),
        ('former_master_key_of_epoch_0', 'refused', seal_store(with_former([(0, C.ik.ik_hash, H(b'former'))]))),
        ('former_master_key_of_31_bytes', 'refused', seal_store(with_former([(1, C.ik.ik_hash, H(b'former')[1:])]))),
        ('former_master_key_in_version_1', 'refused',
         seal_store(u8(1) + with_former([(1, C.ik.ik_hash, H(b'former'))])[1:])),
        ('version_3', 'refused', seal_store(u8(3) + with_former([(1, C.ik.ik_hash, H(b'former'))])[1:])),
        ('padding_missing', 'refused', seal_store(store, hidden=store)),
        ('secret_key_of_15_bytes', 'refused', seal_store(keyed()[:-1])),
        ('secret_key_of_17_bytes', 'refused', seal_store(keyed() + b'\0')),
        ('secret_key_in_version_1', 'refused', seal_store(store + key)),
        ('secret_key_in_version_2', 'refused', seal_store(u8(2) + keyed(former)[1:])),
        ('secret_key_without_a_count_of_former_master_keys', 'refused', seal_store(u8(3) + store[1:] + key)),
    ]:
        write('keystore_' + claim, kind='keystore', outcome=outcome, **known, version=3, prev=prev, keystore=sealed)
    for claim, sealed in dict(with_a_secret_key=seal_store(keyed()),
                              with_a_secret_key_and_a_former_master_key=seal_store(keyed(former))).items():
        write('keystore_' + claim, kind='keystore', outcome='opens', **known, version=3, prev=prev, keystore=sealed,
              secret_key=key)
    write('keystore_of_another_version', kind='keystore', outcome='refused', **known, version=4, prev=prev,
          keystore=seal_store(store))

    k = H(b'k')
    head, leaves, body, id = seal(A, TWO, inner(b'from the past'), k=k)
    data = signet.delivered(head, leaves, sorted(TWO, key=lambda p: p.id).index(A), body)
    object = conv(TWO) + id
    good = dict(epoch=1, object=object, plain=id + k)

    def record(claim, outcome, **bent):
        how = good | bent
        sealed = signet.seal_object(signet.derive(AMK, 'amk history', conv(TWO)), 'history',
                                    signet.aad(A.id, how['object'], 1, A.ik.ik_hash, 1), how['plain'])
        write('history_' + claim, kind='history', outcome=outcome, **known, conv=conv(TWO), env_id=id,
              record=u32(how['epoch']) + sealed, text=b'from the past', delivery=data)
    record('opens', 'opens')
    record('of_another_epoch', 'refused', epoch=2)
    record('under_another_name', 'refused', object=conv(TWO) + bytes(32))
    record('names_another_message', 'refused', plain=bytes(32) + k)
    record('key_of_31_bytes', 'refused', plain=id + k[:31])
    record('trailing_byte', 'refused', plain=id + k + b'\0')


# Values

def swapped(text):
    """The first two neighbours that differ, past the mark, each in the other's place."""
    at = next(i for i in range(3, len(text) - 1) if '-' not in text[i:i + 2] and text[i] != text[i + 1])
    return text[:at] + text[at + 1] + text[at] + text[at + 2:]


def numbers():
    key = H(b'recovery')
    text = signet.recovery_text(key)
    write('safety_number', kind='safety', one=A.pin, other=B.pin, number=signet.safety_number(
        *((p.id, p.name, p.ik.spki) for p in TWO)))
    write('recovery_key', kind='recovery', secret=key, text=text)
    recovery = lambda claim, outcome, typed: write('recovery_' + claim, kind='recovery', outcome=outcome, secret=key,
                                                   text=typed, shown=text)
    recovery('lower_case_with_spaces', 'opens', text.lower().replace('-', ' '))
    recovery('letters_for_digits', 'opens', text.replace('0', 'o').replace('1', 'L').replace('-', ''))
    wrong = text[:-1] + ('0' if text[-1] != '0' else '1')
    recovery('one_character_wrong', 'check', wrong)
    recovery('too_short', 'length', text[:-1])
    recovery('too_long', 'length', text + '0')
    recovery('letter_u', 'character', 'U' + text[1:])
    key = H(b'secret key')[:16]
    text = signet.secret_key_text(key)
    secret = lambda claim, outcome, typed: write('secret_key_' + claim, kind='secret key', outcome=outcome, secret=key,
                                                 account_id=A.id, key_id=signet.secret_key_id(A.id, key), text=typed,
                                                 shown=text)
    secret('as_shown', 'opens', text)
    secret('lower_case_with_spaces', 'opens', text.lower().replace('-', ' '))
    secret('letters_for_digits', 'opens', text.replace('0', 'o').replace('1', 'L').replace('-', ''))
    secret('one_character_wrong', 'check', text[:-1] + ('0' if text[-1] != '0' else '1'))
    secret('two_characters_swapped', 'check', swapped(text))
    secret('too_short', 'form', text[:-1])
    secret('too_long', 'form', text + '0')
    secret('without_its_mark', 'form', text[3:])
    secret('with_another_mark', 'form', 'SX' + text[2:])
    secret('letter_u', 'form', text[:3] + 'U' + text[4:])
    secret('a_recovery_key', 'form', signet.recovery_text(H(b'recovery')))

    a, b, c = ((p.id, p.ik.ik_hash, p.head) for p in THREE)
    shown = signet.code_text(a, b)
    code = lambda claim, outcome, text: write('code_' + claim, kind='code', outcome=outcome, me=B.pin, peer=A.pin, text=text)
    code('shown_by_the_other', 'opens', shown)
    code('own', 'own', signet.code_text(b, a))
    code('of_another_pair', 'pair', signet.code_text(a, c))
    code('shown_by_a_third', 'pair', signet.code_text(c, b))
    code('of_another_identity_key_of_the_shower', 'keys', signet.code_text((a[0], c[1], a[2]), b))
    code('of_another_identity_key_of_the_reader', 'keys', signet.code_text(a, (b[0], c[1], b[2])))
    code('of_an_earlier_state_of_the_shower', 'state', signet.code_text((a[0], a[1], H(b'head')), b))
    code('of_an_earlier_state_of_the_reader', 'state', signet.code_text(a, (b[0], b[1], H(b'head'))))
    code('version_2', 'version', 'SIGNET:2:' + shown[9:])
    code('version_0', 'not ours', 'SIGNET:0:' + shown[9:])
    code('lower_case', 'not ours', shown.lower())
    code('one_character_short', 'not ours', shown[:-1])
    code('one_character_long', 'not ours', shown + 'A')
    code('character_outside_the_alphabet', 'not ours', shown[:-1] + '1')
    code('of_something_else', 'not ours', 'https://example.org/')
    code('something_before_it', 'not ours', 'x' + shown)

    def hide(claim, outcome, **fields): write('hide_' + claim, kind='hide', outcome=outcome, **fields)
    for length in [0, 1, 255, 256, 300, 1000, 4096, 70000]:
        hide(f'{length}_bytes', 'opens', plaintext=b'x' * length, hidden=signet.hide(b'x' * length))
    hide('ends_in_the_marker', 'opens', plaintext=b'x\x80', hidden=signet.hide(b'x\x80'))
    hide('ends_in_zeros', 'opens', plaintext=b'x\0\0', hidden=signet.hide(b'x\0\0'))
    for claim, hidden in dict(nothing=b'', one_block=b'\x10' * 16, no_marker=bytes(256) + b'\x10' * 16,
                              other_marker=b'x\x01' + bytes(254) + b'\x10' * 16,
                              longer_than_needed=b'x\x80' + bytes(270) + b'\x10' * 16,
                              shorter_than_least=b'x\x80' + bytes(238) + b'\x10' * 16,
                              pkcs7_of_one=b'x\x80' + bytes(253) + b'\x01').items():
        hide(claim, 'padding', hidden=hidden)

    for n in [1, 2, 3, 7, 8]:
        leaves = [bytes([i]) * (i + 1) for i in range(n)]
        hashes = [signet.leaf_hash(leaf) for leaf in leaves]
        write(f'merkle_{n}_leaves', kind='merkle', outcome='opens', root=signet.root(hashes), **listed('leaf', leaves),
              **listed('path', [b''.join(signet.path(hashes, i)) for i in range(n)]))
    write('merkle_leaf_as_node', kind='merkle', outcome='another root', root=H(b'\0', b'ab'), leaf_0=b'a', leaf_1=b'b')

    def id(claim, name, value, **fields): write('id_' + claim, kind='id', name=name, value=value, **fields)
    id('ik_hash', 'ik_hash', A.ik.ik_hash, spki=A.ik.spki)
    id('ek_id', 'ek_id', A.ek.ek_id, suite=1, spki=A.ek.spki)
    id('ek_id_names_its_suite', 'ek_id', H(L('ek'), u16(2), A.ek.spki), suite=2, spki=A.ek.spki)
    id('account_id_of_the_canonical_username', 'account_id', A.id, username='aNNa', spki=A.ik.spki, nonce=A.nonce)
    id('conv_id_from_either_side', 'conv_id', conv(TWO), one=B.id, other=A.id)
    id('members_hash_in_any_order', 'members_hash', members(THREE),
       **listed('member', [p.id + p.ik.ik_hash for p in (C, A, B)]))
    id('first_prev', 'first prev', signet.first_prev(conv(TWO), A.id, STREAM), conv_id=conv(TWO), sender_id=A.id,
       stream_id=STREAM)
    id('opaque_context', 'context', b'SGN1 opaque v1|ksf=1|https://chat.example', origin='https://chat.example//')
    id('credential_identifier_of_a_recovery_key', 'credential identifier', b'\x02anna', secret_kind=2, username='anna')
    stretched = Argon2id(salt=bytes(16), length=64, iterations=3, lanes=1, memory_cost=65536).derive(bytes([1]) * 64)
    write('stretch_profile_1', kind='stretch', outcome='opens', profile=1, input=bytes([1]) * 64, output=stretched)
    write('stretch_profile_0', kind='stretch', outcome='profile', profile=0, input=bytes(64), output=bytes(64))


# Backups

MASTER_BK = H(b'backup')


def keystore_of(person): return signet.backup_keystore(3, signet.keystore_plaintext(bytes([4]) * 32, person.ik.pkcs8,
                                                                                    [person.ek.pkcs8]))


def contact(person, **change):
    fields = dict(id=person.id, username=person.name, seq=1, head=person.head, ik_hash=person.ik.ik_hash, since_ms=5,
                  doubts=0, verified=b'', pin=person.pin) | change
    return signet.backup_contact(**fields)


def kept(place, author, text=b'Meet at nine?', **change):
    fields = dict(place=place, conv_id=conv(TWO), env_id=H(u64(place)), author=author.id, stream_id=STREAM, seq=place,
                  client_uuid=bytes([9]) * 16, reply_to=b'', sent_ms=1_790_000_000_000, received_ms=1_790_000_000_001,
                  state=3 if author is A else 1, content_type=1, body=text, k=b'') | change
    return signet.backup_message(**fields)


def again(record, change):
    """A record with another body."""
    body = change(record[5:])
    return record[:1] + u32(len(body)) + body


def backups():
    head = [signet.backup_account(A.id, A.name), keystore_of(A), signet.backup_record(3, A.pin)]
    people = sorted([B, C], key=lambda p: p.id)
    one, other = contact(people[0]), contact(people[1])
    mine, yours = kept(3, A), kept(9, B)
    hk, ck = signet.backup_keys(MASTER_BK)
    salt = bytes([1]) * 32

    def fields(**how): return signet.backup_fields(A.id, salt, 1_790_000_000_000, **how)

    def case(claim, outcome, file, **more):
        write('backup_' + claim, kind='backup', outcome=outcome, BK=MASTER_BK, file=file, **more)

    def records(claim, outcome, *records, contacts=0, messages=0, size=65535, end=True, **more):
        stream = b''.join(records) + (signet.backup_end(contacts, messages) if end else b'')
        file = signet.write_backup(fields(chunk_size=size), MASTER_BK, A.ik, stream)
        if outcome == 'opens':
            _, n, top = signet.read_backup(file, MASTER_BK, A.ik)
            more |= dict(account_id=A.id, created_ms=1_790_000_000_000, contacts=contacts, messages=messages, n_chunks=n,
                         root=top, hk=hk, ck=ck, header_hash=signet.backup_header_hash(file[:118]),
                         **(listed('record', records) if len(stream) < 20_000 else {}))
        case(claim, outcome, file, **more)
        return file

    # What opens.
    small = records('small_chunks', 'opens', *head, one, other, mine, yours, contacts=2, messages=2, size=255)
    whole = records('account_alone', 'opens', *head)
    length = len(b''.join(head) + signet.backup_end(0, 0))
    records('chunk_exactly_full', 'opens', *head, size=length)
    records('last_chunk_of_one_byte', 'opens', *head, size=length - 1)
    records('usual_chunks', 'opens', *head, one, *(kept(n, B, b'x' * 20_000) for n in range(1, 5)), contacts=1, messages=4)
    records('contact_without_statements', 'opens', *head, contact(B, pin=b'', seq=7, doubts=7), contacts=1)
    records('contact_verified_before_a_rotation', 'opens', *head, contact(B, verified=bytes([6]) * 32, doubts=1),
            contacts=1)
    records('message_with_everything', 'opens', *head, kept(0, A, reply_to=bytes([2]) * 32, k=bytes([3]) * 32, state=2),
            messages=1)
    records('unknown_content_is_kept', 'opens', *head, kept(1, B, b'\xff' * 9, content_type=777), messages=1)
    password = 'Grüße, Pferd & Heftklammer'
    bk = signet.backup_bk(password, salt, 65536, 3, 1)
    file = signet.write_backup(fields(), bk, A.ik, b''.join(head) + signet.backup_end(0, 0))
    write('backup_password', kind='backup', outcome='opens', password=password, BK=bk, file=file)
    write('backup_password_other', kind='backup', outcome='wrong password', password=password.lower(), file=file)

    # The header; nothing of what follows it is looked at.
    def header(claim, outcome, change=lambda h: h, **how): case('header_' + claim, outcome,
                                                                change(signet.backup_header(fields(**how), hk)))
    header('empty', 'no backup', lambda h: b'')
    header('of_three_bytes', 'no backup', lambda h: h[:3])
    header('magic_of_a_message', 'no backup', lambda h: b'SGN1' + h[4:])
    header('version_0', 'altered', ver=0)
    header('version_2', 'newer', ver=2)
    header('version_2_cut_short', 'newer', lambda h: h[:6], ver=2)
    header('cut_short', 'cut short', lambda h: h[:117])
    header('alone', 'cut short')
    header('checksum_flipped', 'altered', lambda h: h[:117] + u8(h[117] ^ 1))
    header('mac_flipped', 'altered', lambda h: h[:109] + u8(h[109] ^ 1) + h[110:])
    header('salt_flipped', 'altered', lambda h: h[:47] + u8(h[47] ^ 1) + h[48:])
    header('kdf_2', 'newer', kdf=2)
    header('suite_2', 'newer', suite=2)
    header('memory_too_small', 'too weak', m=65535)
    header('memory_too_large', 'too costly', m=1048577)
    header('memory_of_4_tib', 'too costly', m=2**32 - 1)
    header('two_passes', 'too weak', t=2)
    header('eleven_passes', 'too costly', t=11)
    header('no_lanes', 'too weak', p=0)
    header('five_lanes', 'too costly', p=5)
    header('chunk_of_254', 'altered', chunk_size=254)
    header('chunk_of_1_mib', 'altered', chunk_size=1048576)

    def resummed(h): return h[:110] + H(L('backup checksum'), h[:110])[:8]
    header('account_changed_with_its_checksum', 'wrong password', lambda h: resummed(h[:46] + u8(h[46] ^ 1) + h[47:]))
    header('mac_under_another_key', 'wrong password', lambda h: signet.backup_header(h[:78], ck))
    header('mac_without_label', 'wrong password', lambda h: resummed(h[:78] + signet.HMAC(hk, h[:78]) + bytes(8)))

    # Chunks and footer of the account alone, in chunks of 3000 bytes: one full, and the last.
    stream, size = b''.join(head) + signet.backup_end(0, 0), 3000
    top_header = signet.backup_header(fields(chunk_size=size), hk)
    hash = signet.backup_header_hash(top_header)

    def built(claim, outcome, parts=None, seal=None, purpose='backup', key=ck, flags=None, aad=signet.backup_aad,
              hidden=None, count=None, top=None, digest=None, signer=A.ik, label='sig backup', salt=32,
              change=lambda f: f, file_header=top_header):
        parts = [stream[i:i + size] for i in range(0, len(stream), size)] if parts is None else parts
        sealed = []
        for i, part in enumerate(parts):
            pad = hidden(part) if hidden and i == 0 else None
            sealed.append(signet.seal_object(key, purpose, aad(hash, i, i + 1 == len(parts)), part, hidden=pad))
        flags = flags or [i + 1 == len(parts) for i in range(len(parts))]
        leaves = [signet.leaf_hash(one) for one in sealed]
        root = top or signet.root(leaves)
        n = len(sealed) if count is None else count
        sig = signer.sign(label, digest(n, root) if digest else signet.backup_digest(hash, n, root), salt)
        chunks = b''.join(signet.backup_chunk(f, one) for f, one in zip(flags, sealed))
        case(claim, outcome, change(file_header + chunks + u64(n) + root + sig))

    full = 1 + 32 + len(signet.hide(bytes(size))) + 32
    built('in_two_chunks', 'opens')
    built('chunk_final_2', 'altered', flags=[2, 1])
    built('chunk_final_too_early', 'altered', flags=[1, 1])
    built('chunk_never_final', 'altered', flags=[0, 0])
    built('chunk_longer_than_its_size', 'altered', change=put(119, u32(full + 1)))
    built('chunk_shorter_than_its_size', 'altered', change=put(119, u32(full - 16)))
    built('chunk_without_index', 'altered', aad=lambda hash, i, final: hash + u64(0) + u8(final))
    built('chunk_without_final', 'altered', aad=lambda hash, i, final: hash + u64(i))
    built('chunk_without_header', 'altered', aad=lambda hash, i, final: bytes(32) + u64(i) + u8(final))
    built('chunk_as_a_keystore', 'altered', purpose='keystore')
    built('chunk_under_hk', 'altered', key=hk)
    built('chunk_under_bk', 'altered', key=MASTER_BK)
    built('chunk_padding_missing', 'altered', hidden=lambda part: (part + bytes(full))[:full - 65])
    built('chunk_not_full', 'record', parts=[stream[:2999], stream[2999:]])
    long = b''.join(head) + kept(1, B, b'x' * (6000 - len(b''.join(head)) - len(kept(1, B, b''))))
    built('chunk_empty_at_the_end', 'record', parts=[long[:3000], long[3000:], b''])
    built('chunks_of_another_header', 'altered',
          file_header=signet.backup_header(signet.backup_fields(A.id, salt, 5, chunk_size=size), hk))
    built('chunks_swapped', 'altered', change=lambda f: f[:118] + f[118 + 5 + full:-424] + f[118:118 + 5 + full] + f[-424:])
    built('chunk_missing', 'altered', change=lambda f: f[:118] + f[118 + 5 + full:])
    built('chunk_twice', 'altered', change=lambda f: f[:118 + 5 + full] + f[118:])
    built('footer_missing', 'cut short', change=lambda f: f[:-424])
    built('footer_cut_short', 'cut short', change=lambda f: f[:-1])
    built('footer_and_a_byte', 'altered', change=lambda f: f + b'\0')
    built('twice_in_one_file', 'altered', change=lambda f: f + f)
    built('last_chunk_missing', 'altered', change=lambda f: f[:118 + 5 + full] + f[-424:])
    built('footer_counts_three', 'altered', count=3)
    built('footer_root_of_others', 'altered', top=bytes(32))
    built('signature_flipped', 'signature', change=lambda f: f[:-1] + u8(f[-1] ^ 1))
    built('signature_as_of_a_message', 'signature', label='sig msg')
    built('signature_salt_20', 'signature', salt=20)
    built('signature_of_the_encryption_key', 'signature', signer=A.ek)
    built('signature_of_another_account', 'signature', signer=B.ik)
    built('signature_without_header', 'signature', digest=lambda n, root: signet.backup_digest(bytes(32), n, root))
    built('signature_without_count', 'signature', digest=lambda n, root: H(L('backup end'), hash, root))

    # Records, sealed and signed as they must be.
    account, keystore, statements = head
    records('nothing', 'order')
    records('no_end', 'order', *head, end=False)
    records('two_ends', 'order', *head, signet.backup_end(0, 0))
    records('more_after_the_end', 'order', *head, signet.backup_end(0, 0), mine, end=False)
    records('record_cut_short', 'order', *head, yours[:-1], end=False)
    records('end_before_the_last_chunk', 'order', *head, signet.backup_end(0, 0), b'\x06' + bytes(300), end=False, size=length)
    records('end_counts_a_contact_more', 'count', *head, contacts=1)
    records('end_counts_a_message_less', 'count', *head, mine, messages=0)
    records('end_of_eleven_bytes', 'count', *head, signet.backup_record(255, bytes(11)), end=False)
    records('type_0', 'record', *head, signet.backup_record(0, b''))
    records('type_5', 'record', *head, signet.backup_record(5, b''))
    records('type_7', 'record', *head, signet.backup_record(7, b''))
    records('keystore_first', 'order', keystore, account, statements)
    records('account_missing', 'order', keystore, statements)
    records('keystore_missing', 'order', account, statements)
    records('statements_missing', 'order', account, keystore)
    records('account_twice', 'order', account, account, keystore, statements)
    records('contact_after_a_message', 'order', *head, mine, one, contacts=1, messages=1)
    records('contacts_descend', 'order', *head, other, one, contacts=2)
    records('contact_twice', 'order', *head, one, one, contacts=2)
    records('places_descend', 'order', *head, yours, mine, messages=2)
    records('place_twice', 'order', *head, mine, mine, messages=2)
    records('account_too_long', 'record', again(account, lambda b: b + bytes(65)), keystore, statements)
    records('account_trailing_byte', 'record', again(account, lambda b: b + b'\0'), keystore, statements)
    records('account_of_another', 'account', signet.backup_account(B.id, A.name), keystore, statements)
    records('username_in_other_capitals', 'account', signet.backup_account(A.id, 'ANNA'), keystore, statements)
    records('username_with_a_space', 'record', signet.backup_account(A.id, 'An na'), keystore, statements)
    records('statements_of_another', 'account', account, keystore, signet.backup_record(3, B.pin))
    records('keystore_of_another', 'keys', account, keystore_of(B), statements)
    records('keystore_version_byte_2', 'keys', account, again(keystore, lambda b: b[:8] + b'\x02' + b[9:]), statements)
    records('keystore_trailing_byte', 'keys', account, again(keystore, lambda b: b + b'\0'), statements)
    records('keystore_too_long', 'record', account, again(keystore, lambda b: b + bytes(65536)), statements)
    records('statements_none', 'statements', account, keystore, signet.backup_record(3, signet.pin([])))
    records('statements_signature_flipped', 'statements', account, keystore,
            again(statements, lambda b: b[:-3] + u8(b[-3] ^ 1) + b[-2:]))
    records('contact_is_the_account', 'account', *head, contact(A), contacts=1)
    records('contact_with_anothers_statements', 'statements', *head, contact(B, pin=C.pin), contacts=1)
    records('contact_pin_of_another_head', 'statements', *head, contact(B, head=C.head), contacts=1)
    records('contact_pin_of_another_key', 'statements', *head, contact(B, ik_hash=C.ik.ik_hash), contacts=1)
    records('contact_pin_further_than_statements', 'statements', *head, contact(B, seq=2), contacts=1)
    records('contact_of_another_name', 'statements', *head, contact(B, username='bert_3'), contacts=1)
    records('contact_unknown_doubt', 'record', *head, contact(B, doubts=8), contacts=1)
    records('contact_trailing_byte', 'record', *head, again(contact(B), lambda b: b + b'\0'), contacts=1)
    records('contact_option_2', 'record', *head, again(contact(B, pin=b''), lambda b: b[:-1] + b'\x02'), contacts=1)
    records('message_state_0', 'record', *head, kept(1, B, state=0), messages=1)
    records('message_state_4', 'record', *head, kept(1, A, state=4), messages=1)
    records('message_of_anothers_as_sent', 'account', *head, kept(1, B, state=2), messages=1)
    records('message_of_ones_own_as_received', 'account', *head, kept(1, A, state=1), messages=1)
    records('message_not_utf8', 'record', *head, kept(1, B, b'\xff'), messages=1)
    records('message_of_too_many_characters', 'record', *head, kept(1, B, b'x' * 20_001), messages=1)
    records('message_too_long', 'record', *head, kept(1, B, bytes(131_073), content_type=777), messages=1)
    records('message_of_receipts', 'record', *head, kept(1, B, u16(1) + bytes(32), content_type=2), messages=1)
    records('message_key_of_31_bytes', 'record', *head, kept(1, B, k=bytes(31)), messages=1)
    records('message_trailing_byte', 'record', *head, again(yours, lambda b: b + b'\0'), messages=1)


if __name__ == '__main__':
    for make in (messages, uploaded, accounts, objects, slots, under_the_master_key, numbers, backups):
        make()
