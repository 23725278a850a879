#!/usr/bin/env python3
"""Opens what another implementation wrote, or writes for others to open. The shape of the files: ../README.md.

    interop.py write COUNT DIR
    interop.py open DIR
"""
import json
import os
import pathlib
import random
import sys

from cryptography.exceptions import InvalidSignature

import signet
from signet import H, L, Key, Refused

pick = random.SystemRandom()
PURPOSES = ['password slot', 'recovery slot', 'keystore', 'state', 'history', 'cache', 'local slot', 'passkey slot']


class Tally:
    def __init__(self):
        self.opened, self.mismatches = {}, 0

    def mismatch(self, kind, at, what):
        self.mismatches += 1
        print(f'mismatch: {kind} {at}: {what}')

    def same(self, kind, at, record, /, **computed):
        for name, value in computed.items():
            if record[name] != text(value):
                self.mismatch(kind, at, name)

    def each(self, folder, kind, check):
        """Calls `check(at, record)` for every record of a file; what it raises is a mismatch."""
        for at, record in enumerate(json.loads((folder / f'{kind}.json').read_text())):
            try:
                check(at, record)
            except (Refused, InvalidSignature, ValueError, KeyError) as error:
                self.mismatch(kind, at, repr(error))
            self.opened[kind] = self.opened.get(kind, 0) + 1


def text(value):
    """As it stands in a file: bytes in hexadecimal, numbers in decimal, lists of these."""
    if isinstance(value, bytes):
        return value.hex()
    return [text(one) for one in value] if isinstance(value, list) else str(value)


def get(record, name): return bytes.fromhex(record[name])
def number(record, name): return int(record[name])


# What is computed of each kind, for comparing and for writing alike.

def message_values(record, people, iks, k, iv):
    """Every value of a message from its address, its contents, K and iv, but for the wraps and the signature."""
    r = record
    plain = signet.inner(
        number(r, 'content_type'), get(r, 'body'), number(r, 'sent_ms'), get(r, 'client_uuid'), get(r, 'reply_to'),
        number(r, 'expires_s'),
        [(get(row, 'stream_id'), number(row, 'seq'), get(row, 'env_id')) for row in r['seen']], get(r, 'abandoned'),
        get(r, 'group_head'), number(r, 'keystore_version'), get(r, 'keystore_hash'), number(r, 'state_version'),
        get(r, 'state_hash'))
    members = signet.members_hash([(p['id'], ik.ik_hash) for p, ik in zip(people, iks)])
    header = signet.header(number(r, 'flags'), get(r, 'conv_id'), number(r, 'group_epoch'), members, people[0]['id'],
                           people[0]['head'], get(r, 'stream_id'), number(r, 'seq'), get(r, 'prev'), iv, len(people))
    ctx = signet.context(header)
    enc, mac = signet.message_keys(k, ctx)
    hidden = signet.hide(plain)
    return dict(inner=plain, members_hash=members, header=header, ctx=ctx, K=k, iv=iv, enc=enc, mac=mac, hidden=hidden,
                ct=signet.cfb_encrypt(enc, iv, hidden))


def object_values(key, purpose, account_id, object, version, ik_hash, amk_epoch, plaintext, salt):
    aad = signet.aad(account_id, object, version, ik_hash, amk_epoch)
    enc, mac, iv = signet.object_keys(key, salt, purpose)
    sealed = signet.seal_object(key, purpose, aad, plaintext, salt)
    return dict(purpose=purpose, key=key, account_id=account_id, object=object, version=version, ik_hash=ik_hash,
                amk_epoch=amk_epoch, aad=aad, plaintext=plaintext, salt=salt, enc=enc, mac=mac, iv=iv,
                hidden=signet.hide(plaintext), ct=sealed[33:-32], tag=sealed[-32:], sealed=sealed)


def backup_stream(record, accounts, keys):
    """The records that the fields say, and their end."""
    r, own = record, accounts[number(record, 'account')]
    plain = signet.keystore_plaintext(get(r, 'prev_hash'), keys[number(r, 'ik')].pkcs8,
                                      [keys[int(n)].pkcs8 for n in r['eks']])
    records = [signet.backup_account(own['id'], own['username']),
               signet.backup_keystore(number(r, 'keystore_version'), plain), signet.backup_record(3, own['pin'])]
    for c in r['contacts']:
        who = accounts[number(c, 'account')]
        records.append(signet.backup_contact(
            who['id'], who['username'], who['seq'], who['head'], who['ik_hash'], number(c, 'since_ms'),
            number(c, 'doubts'), get(c, 'verified'), who['pin'] if number(c, 'with_statements') else b''))
    for m in r['messages']:
        records.append(signet.backup_message(
            number(m, 'place'), get(m, 'conv_id'), get(m, 'env_id'), get(m, 'author'), get(m, 'stream_id'),
            number(m, 'seq'), get(m, 'client_uuid'), get(m, 'reply_to'), number(m, 'sent_ms'), number(m, 'received_ms'),
            number(m, 'state'), number(m, 'content_type'), get(m, 'body'), get(m, 'key')))
    return records, b''.join(records) + signet.backup_end(len(r['contacts']), len(r['messages']))


def backup_fields(record, accounts):
    return signet.backup_fields(
        accounts[number(record, 'account')]['id'], get(record, 'salt'), number(record, 'created_ms'),
        number(record, 'chunk_size'), number(record, 'm_KiB'), number(record, 't'), number(record, 'p'))


def backup_values(record, fields, file):
    hk, ck = signet.backup_keys(get(record, 'BK'))
    header = signet.backup_header(fields, hk)
    return dict(hk=hk, ck=ck, header=header, header_hash=signet.backup_header_hash(header), sig=file[-384:])


# Opening

def open_folder(folder):
    tally, keys, accounts = Tally(), [], []

    def key(at, record):
        keys.append(Key.from_pem(record['pkcs8'].encode()))
        tally.same('keys', at, record, spki=keys[-1].spki, ik_hash=keys[-1].ik_hash, ek_id=keys[-1].ek_id,
                   pkcs8=keys[-1].pem())

    def account(at, record):
        nonce, prev, wholes, old = get(record, 'nonce'), bytes(32), [], None
        for seq, said in enumerate(record['statements'], 1):
            ik, eks = keys[number(said, 'ik')], [keys[int(n)] for n in said['eks']]
            id = signet.account_id(record['username'], ik.spki, nonce) if seq == 1 else id
            listed = [(1, int(date), ek.spki) for date, ek in zip(said['not_after'], eks)]
            body = signet.statement_body(id, record['username'], nonce, seq, prev, number(said, 'min_suite'), ik.spki, listed)
            prev = signet.statement_hash(body)
            sig, old_sig = get(said, 'sig'), get(said, 'old_sig')
            ik.verify('sig stmt', prev, sig)
            if old not in (None, ik):
                old.verify('sig stmt', prev, old_sig)
            elif old_sig:
                raise Refused('old_sig')
            wholes.append(signet.statement_whole(body, sig, old_sig))
            tally.same('accounts', at, said, body=body, statement_hash=prev, whole=wholes[-1])
            old = ik
        tally.same('accounts', at, record, account_id=id, ik_hash=ik.ik_hash, ek_id=eks[-1].ek_id, pin=signet.pin(wholes))
        accounts.append(dict(id=id, head=prev, username=record['username'], ik=ik, ek=eks[-1], seq=seq,
                             ik_hash=ik.ik_hash, pin=signet.pin(wholes)))

    def message(at, record):
        people = [accounts[int(n)] for n in record['readers']]
        values = message_values(record, people, [p['ik'] for p in people], get(record, 'K'), get(record, 'iv'))
        leaves = [bytes.fromhex(leaf) for leaf in record['leaves']]
        wraps = [bytes.fromhex(wrap) for wrap in record['wraps']]
        readers = sorted(people, key=lambda p: p['id'])
        labels = [signet.wrap_label(values['ctx'], p['ek'].ek_id) for p in readers]
        expected = [p['id'] + p['ek'].ek_id + p['head'] + wrap for p, wrap in zip(readers, wraps)]
        top = signet.root([signet.leaf_hash(leaf) for leaf in expected])
        tag = signet.message_tag(values['mac'], values['ctx'], top, values['ct'])
        id = signet.env_id(values['header'], top, values['ct'], tag)
        body = signet.body(values['ct'], tag, get(record, 'sig'))
        delivered = [signet.delivered(values['header'], leaves, i, body) for i in range(len(leaves))]
        tally.same('messages', at, record, **values, wrap_labels=labels, leaves=expected, root=top, tag=tag, env_id=id,
                   uploaded=values['header'] + b''.join(leaves) + body, delivered=delivered)
        for reader, said in zip(readers, record['delivered']):
            plain, k, _ = signet.open_delivered(bytes.fromhex(said), people[0]['ik'], reader['ek'])
            signet.need(plain == values['inner'] and k == values['K'], 'what was inside')

    def sealed(kind, at, record, key):
        values = object_values(key, record['purpose'], get(record, 'account_id'), get(record, 'object'),
                               number(record, 'version'), get(record, 'ik_hash'), number(record, 'amk_epoch'),
                               get(record, 'plaintext'), get(record, 'salt'))
        tally.same(kind, at, record, **values)
        opened = signet.open_object(key, record['purpose'], values['aad'], get(record, 'sealed'))
        signet.need(opened == values['plaintext'], 'plaintext')
        return opened

    def object(at, record):
        sealed('objects', at, record, get(record, 'key'))
        tally.same('objects', at, record, object_hash=signet.object_hash(get(record, 'sealed')))

    def slot(at, record):
        key_id = b''
        if record['purpose'] == 'local slot':
            key = signet.local_key(get(record, 'browser'), get(record, 'relay'), get(record, 'tab'))
        else:
            secret, id = get(record, 'secret_key'), get(record, 'account_id')
            key_id = secret and signet.secret_key_id(id, secret)
            key = signet.unlock_key(get(record, 'export_key'), id, number(record, 'profile'), secret)
            text = secret and signet.secret_key_text(secret)
            signet.need(record['secret_key_text'] == (text or ''), 'secret_key_text')
            tally.same('slots', at, record, slot=signet.slot(get(record, 'sealed'), key_id))
        opened = sealed('slots', at, record, key)
        signet.need(opened == signet.slot_plaintext(number(record, 'epoch'), get(record, 'AMK')), 'AMK')
        signet.need(get(record, 'aad') == signet.slot_aad(get(record, 'account_id'), get(record, 'ik_hash'), key_id), 'aad')

    def keystore(at, record):
        opened = sealed('keystores', at, record, signet.derive(get(record, 'AMK'), 'amk keystore'))
        ik, eks = keys[number(record, 'ik')], [keys[int(n)] for n in record['eks']]
        plain = signet.keystore_plaintext(get(record, 'prev_hash'), ik.pkcs8, [ek.pkcs8 for ek in eks],
                                          secret_key=get(record, 'secret_key'))
        signet.need(opened == plain, 'plaintext')
        aad = signet.aad(get(record, 'account_id'), b'keystore', number(record, 'version'), ik.ik_hash, number(record, 'epoch'))
        tally.same('keystores', at, record, aad=aad, object_hash=signet.object_hash(get(record, 'sealed')))

    def history(at, record):
        conv_id, id = get(record, 'conv_id'), get(record, 'env_id')
        opened = sealed('history', at, record, signet.derive(get(record, 'AMK'), 'amk history', conv_id))
        signet.need(opened == id + get(record, 'K'), 'plaintext')
        aad = signet.aad(get(record, 'account_id'), conv_id + id, 1, get(record, 'ik_hash'), number(record, 'epoch'))
        tally.same('history', at, record, aad=aad, record=signet.u32(number(record, 'epoch')) + get(record, 'sealed'))

    def recovery(at, record):
        tally.same('recovery', at, record, text=signet.recovery_text(get(record, 'key')))

    def safety(at, record):
        one, other = (accounts[number(record, name)] for name in ('one', 'other'))
        values = ((p['id'], p['username'], p['ik'].spki) for p in (one, other))
        tally.same('safety', at, record, number=signet.safety_number(*values))

    def backup(at, record):
        file, bk = get(record, 'file'), get(record, 'BK')
        fields = backup_fields(record, accounts)
        if record['password'] and signet.Argon2id:
            tally.same('backups', at, record, BK=signet.backup_bk(
                record['password'], get(record, 'salt'), *(number(record, name) for name in ('m_KiB', 't', 'p'))))
        signet.need(file[:78] == fields, 'fields of the header')
        records, stream = backup_stream(record, accounts, keys)
        read, n, top = signet.read_backup(file, bk, keys[number(record, 'ik')])
        signet.need(read == stream and signet.backup_records(read)[-1][0] == 255, 'records')
        tally.same('backups', at, record, **backup_values(record, fields, file), records=records, n_chunks=n, root=top)

    for kind, check in dict(keys=key, accounts=account, messages=message, objects=object, slots=slot, keystores=keystore,
                            history=history, recovery=recovery, safety=safety, backups=backup).items():
        tally.each(folder, kind, check)
    print('Python opened ' + ', '.join(f'{n} {kind}' for kind, n in tally.opened.items()) + f': {tally.mismatches} mismatches')
    return tally.mismatches == 0


# Writing

def rand64(): return pick.getrandbits(64)
def some(n): return os.urandom(n)


def write_folder(count, folder):
    folder.mkdir(parents=True, exist_ok=True)
    keys = [Key() for _ in range(4)]
    accounts = [make_account(keys) for _ in range(max(count, 40))]
    files = dict(
        keys=[dict(pkcs8=k.pem(), spki=k.spki, ik_hash=k.ik_hash, ek_id=k.ek_id) for k in keys],
        accounts=[a['record'] for a in accounts],
        messages=[make_message(n, accounts, keys) for n in range(count)],
        objects=[make_object(n, purpose) for n in range(count) for purpose in PURPOSES],
        slots=[make_slot(n) for n in range(count)],
        keystores=[make_keystore(keys) for _ in range(count)],
        history=[make_history() for _ in range(count)],
        recovery=[dict(key=k, text=signet.recovery_text(k)) for k in (some(32) for _ in range(count))],
        safety=[make_safety(accounts) for _ in range(count)],
        backups=[make_backup(accounts, keys) for _ in range(-(-count // 100))],
    )
    for name, records in files.items():
        lines = ',\n'.join(json.dumps(in_text(record), separators=(',', ':')) for record in records)
        (folder / f'{name}.json').write_text(f'[\n{lines}\n]\n')
    print(f'Python wrote {count} of each kind')
    return True


def in_text(record):
    return {name: [in_text(v) for v in value] if isinstance(value, list) and value and isinstance(value[0], dict)
            else text(value) for name, value in record.items()}


def make_account(keys):
    letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
    username = pick.choice(letters) + ''.join(pick.choice(letters + '0123456789_') for _ in range(pick.randint(2, 31)))
    order = pick.sample(range(len(keys)), 4)
    ik, eks, nonce, prev, statements = order[0], [order[1]], some(32), bytes(32), []
    dates = {n: rand64() for n in order}
    id = signet.account_id(username, keys[ik].spki, nonce)
    for seq in range(1, pick.randint(1, 3) + 1):
        old = None
        if seq == 2:
            eks = eks + [order[2]]
        if seq == 3:
            old, ik = ik, order[3]
        body = signet.statement_body(id, username, nonce, seq, prev, 1, keys[ik].spki,
                                     [(1, dates[n], keys[n].spki) for n in eks])
        prev = signet.statement_hash(body)
        sig = keys[ik].sign('sig stmt', prev)
        old_sig = b'' if old is None else keys[old].sign('sig stmt', prev)
        statements.append(dict(ik=ik, eks=eks, not_after=[dates[n] for n in eks], min_suite=1, body=body,
                               statement_hash=prev, sig=sig, old_sig=old_sig,
                               whole=signet.statement_whole(body, sig, old_sig)))
    record = dict(username=username, nonce=nonce, account_id=id, ik_hash=keys[ik].ik_hash, ek_id=keys[eks[-1]].ek_id,
                  pin=signet.pin([s['whole'] for s in statements]), statements=statements)
    return dict(id=id, head=prev, username=username, ik=ik, ek=eks[-1], spki=keys[ik].spki, record=record, seq=seq,
                ik_hash=keys[ik].ik_hash, pin=record['pin'])


def make_message(n, accounts, keys):
    size = 40 if n % 100 == 99 else pick.choice([1, 2, 2, 2, 3, 4, 7])
    readers = pick.sample(range(len(accounts)), size)
    people = [accounts[i] for i in readers]
    stream_id, sender = some(16), people[0]
    conv_id = signet.direct(*(p['id'] for p in people)) if size == 2 else some(32)
    seq = pick.choice([1, pick.randint(2, 2**64 - 1)])
    length = pick.randint(0, 20_000) if n % 50 == 49 else pick.randint(0, 600)
    kind = pick.choice([1, 1, 1, 1, 2, pick.randint(3, 6), pick.randint(7, 65535)])
    if kind == 1:
        body = ''.join(pick.choice('aZ0 .,äßñ中文字🦀👩‍👧\n') for _ in range(length)).encode()
    elif kind in (2, 3):
        receipts = pick.randint(0, 40)
        body = signet.u16(receipts) + some(32 * receipts)
    elif kind in (4, 5, 6):
        body = some(32) + ('👩‍👧'.encode() * pick.randint(0, 3) if kind < 6 else b'')
    else:
        body = some(length)
    record = dict(
        sender=readers[0], readers=readers, ik=sender['ik'], flags=pick.randint(0, 1), conv_id=conv_id,
        group_epoch=rand64(), stream_id=stream_id, seq=seq,
        prev=signet.first_prev(conv_id, sender['id'], stream_id) if seq == 1 else some(32),
        content_type=kind, body=body, sent_ms=rand64(), client_uuid=some(16), reply_to=pick.choice([b'', some(32)]),
        expires_s=pick.getrandbits(32), abandoned=pick.choice([b'', some(32)]), group_head=some(32),
        keystore_version=rand64(), keystore_hash=some(32), state_version=rand64(), state_hash=some(32),
        seen=[dict(stream_id=some(16), seq=rand64(), env_id=some(32)) for _ in range(pick.randint(0, 16))])
    record |= message_values(in_text(record), people, [keys[p['ik']] for p in people], some(32), some(16))
    ordered = sorted(people, key=lambda p: p['id'])
    labels = [signet.wrap_label(record['ctx'], keys[p['ek']].ek_id) for p in ordered]
    wraps = [keys[p['ek']].wrap(label, record['K']) for p, label in zip(ordered, labels)]
    leaves = [p['id'] + keys[p['ek']].ek_id + p['head'] + wrap for p, wrap in zip(ordered, wraps)]
    top = signet.root([signet.leaf_hash(leaf) for leaf in leaves])
    tag = signet.message_tag(record['mac'], record['ctx'], top, record['ct'])
    id = signet.env_id(record['header'], top, record['ct'], tag)
    sig = keys[sender['ik']].sign('sig msg', id)
    body = signet.body(record['ct'], tag, sig)
    return record | dict(
        eks=[p['ek'] for p in ordered], wrap_labels=labels, wraps=wraps, leaves=leaves, root=top, tag=tag, env_id=id,
        sig=sig, uploaded=record['header'] + b''.join(leaves) + body,
        delivered=[signet.delivered(record['header'], leaves, i, body) for i in range(size)])


def make_object(n, purpose):
    length = pick.randint(0, 100_000) if n % 50 == 49 else pick.randint(0, 1000)
    values = object_values(some(32), purpose, some(16), some(pick.randint(0, 80)), rand64(), some(32),
                           pick.getrandbits(32), some(length), some(32))
    return values | dict(object_hash=signet.object_hash(values['sealed']))


def make_slot(n):
    amk, epoch, id, ik_hash = some(32), pick.randint(1, 2**32 - 1), some(16), some(32)
    key_id = b''
    if n % 4 == 2:
        shares = dict(browser=some(32), relay=some(32), tab=pick.choice([b'', some(32)]))
        purpose, key, more = 'local slot', signet.local_key(*shares.values()), shares
    else:
        purpose, secret = 'recovery slot' if n % 4 == 1 else 'password slot', some(16) if n % 4 == 3 else b''
        more = dict(export_key=some(64), profile=1, secret_key=secret,
                    secret_key_text=signet.secret_key_text(secret) if secret else '')
        key_id = secret and signet.secret_key_id(id, secret)
        key = signet.unlock_key(more['export_key'], id, 1, secret)
    values = object_values(key, purpose, id, b'slot' + key_id, 2 if key_id else 1, ik_hash, 0,
                           signet.slot_plaintext(epoch, amk), some(32))
    return values | more | dict(AMK=amk, epoch=epoch, slot=signet.slot(values['sealed'], key_id))


def make_keystore(keys):
    order = pick.sample(range(len(keys)), pick.randint(2, len(keys)))
    ik, eks, amk, epoch, prev_hash = order[0], order[1:], some(32), pick.randint(1, 2**32 - 1), some(32)
    secret_key = pick.choice([b'', some(16)])
    plain = signet.keystore_plaintext(prev_hash, keys[ik].pkcs8, [keys[n].pkcs8 for n in eks], secret_key=secret_key)
    values = object_values(signet.derive(amk, 'amk keystore'), 'keystore', some(16), b'keystore', rand64(),
                           keys[ik].ik_hash, epoch, plain, some(32))
    return values | dict(AMK=amk, epoch=epoch, ik=ik, eks=eks, prev_hash=prev_hash, secret_key=secret_key,
                         object_hash=signet.object_hash(values['sealed']))


def make_history():
    amk, epoch, conv_id, id, k = some(32), pick.randint(1, 2**32 - 1), some(32), some(32), some(32)
    values = object_values(signet.derive(amk, 'amk history', conv_id), 'history', some(16), conv_id + id, 1, some(32),
                           epoch, id + k, some(32))
    return values | dict(AMK=amk, epoch=epoch, conv_id=conv_id, env_id=id, K=k, record=signet.u32(epoch) + values['sealed'])


def make_safety(accounts):
    one, other = pick.sample(range(len(accounts)), 2)
    values = ((accounts[i]['id'], accounts[i]['username'], accounts[i]['spki']) for i in (one, other))
    return dict(one=one, other=other, number=signet.safety_number(*values))


def make_backup(accounts, keys):
    own, *others = pick.sample(range(len(accounts)), 4)
    me, state = accounts[own], [pick.randint(1, 3) for _ in range(pick.randint(0, 20))]
    contacts = [dict(account=i, since_ms=rand64(), doubts=pick.randint(0, 7), verified=pick.choice([b'', some(32)]),
                     with_statements=pick.randint(0, 1)) for i in sorted(others, key=lambda i: accounts[i]['id'])]
    messages = [dict(
        place=7 * n, conv_id=some(32), env_id=some(32), author=some(16) if state[n] == 1 else me['id'], stream_id=some(16),
        seq=rand64(), client_uuid=some(16), reply_to=pick.choice([b'', some(32)]), sent_ms=rand64(), received_ms=rand64(),
        state=state[n], content_type=pick.choice([1, 1, 1, 777]), body=('aß🦀' * pick.randint(0, 400)).encode(),
        key=pick.choice([b'', some(32)])) for n in range(len(state))]
    m, t, p = pick.randint(65536, 70000), pick.randint(3, 4), pick.randint(1, 2)
    password = f'Grüße {rand64()}' if signet.Argon2id else ''
    record = dict(account=own, keystore_version=rand64(), prev_hash=some(32), ik=me['ik'], eks=[me['ek']],
                  contacts=contacts, messages=messages, password=password, salt=some(32), created_ms=rand64(),
                  chunk_size=pick.randint(255, 4096), m_KiB=m, t=t, p=p)
    record['BK'] = signet.backup_bk(password, record['salt'], m, t, p) if password else some(32)
    said = in_text(record)
    fields, (records, stream) = backup_fields(said, accounts), backup_stream(said, accounts, keys)
    file = signet.write_backup(fields, record['BK'], keys[me['ik']], stream)
    _, n, top = signet.read_backup(file, record['BK'], keys[me['ik']])
    return record | backup_values(said, fields, file) | dict(records=records, n_chunks=n, root=top, file=file)


if __name__ == '__main__':
    match sys.argv[1:]:
        case ['open', folder]:
            sys.exit(not open_folder(pathlib.Path(folder)))
        case ['write', count, folder]:
            sys.exit(not write_folder(int(count), pathlib.Path(folder)))
        case _:
            sys.exit(__doc__)
