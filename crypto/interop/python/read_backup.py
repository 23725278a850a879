"""Reads a backup file as anybody could who has FORMAT.md and the backup password, without a line of Signet's own code.

    echo PASSWORD | python3 read_backup.py FILE

prints what it holds as JSON: `username`, `contacts` (names), `messages` (each `conv`, `author`, `sent_ms`, `state`, `text`).
Says by which check a file is refused, and exits with 1.
"""

import json
import pathlib
import sys

import signet
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_private_key


class Unsigned:
    """In the place of a key that is not known yet."""

    def verify(self, label, digest, sig): pass


def identity(keystore):
    """The identity key in record 2, which signs the file: `version u64 | ver u8 | prev_hash[32] | ik len u16, pkcs8 | ..`"""
    r = signet.Reader(keystore)
    r.take(8 + 1 + 32)
    return signet.Key(load_der_private_key(r.string(2), None))


def contact(body):
    r = signet.Reader(body)
    r.take(16)
    return r.string(1).decode()


def message(body):
    r = signet.Reader(body)
    r.take(8)
    conv, _env_id, author = r.take(32), r.take(32), r.take(16)
    r.take(16 + 8 + 16)
    r.option(32)
    sent_ms, _received_ms, state, content_type, text = r.number(8), r.number(8), r.number(1), r.number(2), r.string(4)
    r.option(32)
    r.finish()
    return dict(conv=conv.hex(), author=author.hex(), sent_ms=sent_ms, state=state,
                text=text.decode() if content_type == 1 else None)


def read(file, password):
    m, t, p = (int.from_bytes(file[at:to], 'big') for at, to in ((7, 11), (11, 15), (15, 16)))
    bk = signet.backup_bk(password, file[16:48], m, t, p)
    stream, _, _ = signet.read_backup(file, bk, Unsigned())
    records = signet.backup_records(stream)
    # Now that its key is known, once more, with the signature.
    signet.read_backup(file, bk, identity(records[1][1]))
    account = signet.Reader(records[0][1])
    account.take(16)
    of = lambda kind: [body for found, body in records if found == kind]
    return dict(username=account.string(1).decode(), contacts=[contact(body) for body in of(4)],
                messages=[message(body) for body in of(6)])


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        held = read(pathlib.Path(sys.argv[1]).read_bytes(), sys.stdin.readline().rstrip('\n'))
        print(json.dumps(held, ensure_ascii=False))
    except signet.Refused as refused:
        sys.exit(f'refused: {refused}')
    except InvalidSignature:
        sys.exit('refused: signature')
