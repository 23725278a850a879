// Opens what another implementation wrote, or writes for others to open. The shape of the files: ../README.md.
//
//     node interop.mjs write COUNT DIR
//     node interop.mjs open DIR
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import * as signet from './signet.mjs'
import { Key, need } from './signet.mjs'

const PURPOSES = ['password slot', 'recovery slot', 'keystore', 'state', 'history', 'cache', 'local slot', 'passkey slot']
const none = Buffer.alloc(0)
const hex = (text) => Buffer.from(text, 'hex')
const cat = Buffer.concat

// What is computed of each kind, for comparing and for writing alike.

/** Every value of a message from its address, its contents, K and iv, but for the wraps and the signature. */
function messageValues(m, people, k, iv) {
  const inner = signet.inner(m)
  const members = signet.membersHash(people.map((p) => [p.id, p.ik.ikHash]))
  const header = signet.header({
    ...m, members, senderId: people[0].id, senderStmt: people[0].head, iv, readers: people.length,
  })
  const ctx = signet.context(header)
  const [enc, mac] = signet.messageKeys(k, ctx)
  const hidden = signet.hide(inner)
  const ct = signet.cfbEncrypt(enc, iv, hidden)
  return { inner, members_hash: members, header, ctx, K: k, iv, enc, mac, hidden, ct }
}

function messageEnd(v, leaves, sig) {
  const top = signet.root(leaves.map(signet.leafHash))
  const tag = signet.messageTag(v.mac, v.ctx, top, v.ct)
  const id = signet.envId(v.header, top, v.ct, tag)
  const end = signet.body(v.ct, tag, sig ?? v.sign(id))
  const delivered = leaves.map((_, i) => signet.delivered(v.header, leaves, i, end))
  return { root: top, tag, env_id: id, sig: end.subarray(-384), uploaded: cat([v.header, ...leaves, end]), delivered }
}

function objectValues(key, purpose, id, object, version, ikHash, amkEpoch, plaintext, salt) {
  const aad = signet.aad(id, object, version, ikHash, amkEpoch)
  const [enc, mac, iv] = signet.objectKeys(key, salt, purpose)
  const hidden = signet.hide(plaintext)
  const ct = signet.cfbEncrypt(enc, iv, hidden)
  const tag = signet.objectTag(mac, purpose, aad, salt, ct)
  return {
    purpose, key, account_id: id, object, version, ik_hash: ikHash, amk_epoch: amkEpoch, aad, plaintext, salt, enc, mac,
    iv, hidden, ct, tag, sealed: cat([signet.u8(1), salt, ct, tag]),
  }
}

/** The records that the fields say, and the whole stream. */
function backupStream(r, accounts, keys) {
  const own = accounts[r.account]
  const keystore = signet.keystorePlaintext(hex(r.prev_hash), keys[r.ik], r.eks.map((n) => keys[n]))
  const contacts = r.contacts.map((c) =>
    signet.backupContact({
      ...accounts[c.account], sinceMs: c.since_ms, doubts: Number(c.doubts), verified: hex(c.verified),
      pin: c.with_statements === '1' ? accounts[c.account].pin : none,
    }),
  )
  const messages = r.messages.map((m) =>
    signet.backupMessage({
      place: m.place, convId: hex(m.conv_id), envId: hex(m.env_id), author: hex(m.author), streamId: hex(m.stream_id),
      seq: m.seq, clientUuid: hex(m.client_uuid), replyTo: hex(m.reply_to), sentMs: m.sent_ms,
      receivedMs: m.received_ms, state: Number(m.state), contentType: Number(m.content_type), body: hex(m.body),
      key: hex(m.key),
    }),
  )
  const records = [...signet.backupAccount(own, r.keystore_version, keystore), ...contacts, ...messages]
  return [records, cat([...records, signet.backupEnd(contacts.length, messages.length)])]
}

const backupFields = (r, accounts) =>
  signet.backupFields({
    m: Number(r.m_KiB), t: Number(r.t), p: Number(r.p), salt: hex(r.salt), accountId: accounts[r.account].id,
    createdMs: r.created_ms, chunkSize: Number(r.chunk_size),
  })

function backupValues(r, fields, file) {
  const [hk, ck] = signet.backupKeys(hex(r.BK))
  const header = signet.backupHeader(fields, hk)
  return { hk, ck, header, header_hash: signet.backupHeaderHash(header), sig: file.subarray(-384) }
}

/** As it stands in a file: bytes in hexadecimal, numbers in decimal, lists and records of these. */
function text(value) {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (Array.isArray(value)) return value.map(text)
  if (typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, text(v)]))
  return String(value)
}

// Opening

function openFolder(folder) {
  const [keys, accounts, opened] = [[], [], {}]
  let mismatches = 0

  function same(kind, at, record, computed) {
    for (const [name, value] of Object.entries(computed)) {
      if (JSON.stringify(record[name]) !== JSON.stringify(text(value))) {
        console.log(`mismatch: ${kind} ${at}: ${name}`)
        mismatches += 1
      }
    }
  }

  const open = {
    keys(r, at) {
      const key = new Key(r.pkcs8)
      keys.push(key)
      same('keys', at, r, { pkcs8: key.pem, spki: key.spki, ik_hash: key.ikHash, ek_id: key.ekId })
    },

    accounts(r, at) {
      const wholes = []
      let [id, prev, old, ik, ek] = [none, Buffer.alloc(32), undefined, undefined, undefined]
      r.statements.forEach((said, i) => {
        ik = keys[said.ik]
        const eks = said.eks.map((n, j) => ({ spki: keys[n].spki, notAfter: said.not_after[j] }))
        ek = keys[said.eks.at(-1)]
        if (i === 0) id = signet.accountId(r.username, ik.spki, hex(r.nonce))
        const body = signet.statementBody({
          id, username: r.username, nonce: hex(r.nonce), seq: i + 1, prev, minSuite: Number(said.min_suite),
          spki: ik.spki, eks,
        })
        prev = signet.statementHash(body)
        const [sig, oldSig] = [hex(said.sig), hex(said.old_sig)]
        ik.verify('sig stmt', prev, sig)
        if (old && old !== ik) old.verify('sig stmt', prev, oldSig)
        else need(oldSig.length === 0, 'old_sig')
        wholes.push(signet.statementWhole(body, sig, oldSig))
        same('accounts', at, said, { body, statement_hash: prev, whole: wholes.at(-1) })
        old = ik
      })
      same('accounts', at, r, { account_id: id, ik_hash: ik.ikHash, ek_id: ek.ekId, pin: signet.pin(wholes) })
      const [seq, pin] = [wholes.length, signet.pin(wholes)]
      accounts.push({ id, head: prev, username: r.username, spki: ik.spki, ik, ek, seq, pin, ikHash: ik.ikHash })
    },

    messages(r, at) {
      const people = r.readers.map((n) => accounts[n])
      const m = {
        flags: Number(r.flags), convId: hex(r.conv_id), groupEpoch: r.group_epoch, streamId: hex(r.stream_id), seq: r.seq,
        prev: hex(r.prev), contentType: Number(r.content_type), body: hex(r.body), sentMs: r.sent_ms,
        clientUuid: hex(r.client_uuid), replyTo: hex(r.reply_to), expiresS: Number(r.expires_s),
        seen: r.seen.map((row) => ({ streamId: hex(row.stream_id), seq: row.seq, envId: hex(row.env_id) })),
        abandoned: hex(r.abandoned), groupHead: hex(r.group_head), keystoreVersion: r.keystore_version,
        keystoreHash: hex(r.keystore_hash), stateVersion: r.state_version, stateHash: hex(r.state_hash),
      }
      const values = messageValues(m, people, hex(r.K), hex(r.iv))
      const readers = [...people].sort((a, b) => Buffer.compare(a.id, b.id))
      const labels = readers.map((p) => signet.wrapLabel(values.ctx, p.ek.ekId))
      const leaves = readers.map((p, i) => cat([p.id, p.ek.ekId, p.head, hex(r.wraps[i])]))
      same('messages', at, r, { ...values, wrap_labels: labels, leaves, ...messageEnd(values, leaves, hex(r.sig)) })
      readers.forEach((reader, i) => {
        const [plain, k] = signet.openDelivered(hex(r.delivered[i]), people[0].ik, reader.ek)
        need(plain.equals(values.inner) && k.equals(values.K), 'what was inside')
      })
    },

    objects(r, at) {
      sealed('objects', at, r, hex(r.key))
      same('objects', at, r, { object_hash: signet.objectHash(hex(r.sealed)) })
    },

    slots(r, at) {
      const local = r.purpose === 'local slot'
      const secret = local ? none : hex(r.secret_key)
      const keyId = secret.length ? signet.secretKeyId(hex(r.account_id), secret) : none
      const key = local
        ? signet.localKey(hex(r.browser), hex(r.relay), hex(r.tab))
        : signet.unlockKey(hex(r.export_key), hex(r.account_id), Number(r.profile), secret)
      if (!local) {
        need(r.secret_key_text === (secret.length ? signet.secretKeyText(secret) : ''), 'secret_key_text')
        same('slots', at, r, { slot: signet.slot(hex(r.sealed), keyId) })
      }
      const plain = sealed('slots', at, r, key)
      need(plain.equals(signet.slotPlaintext(Number(r.epoch), hex(r.AMK))), 'AMK')
      same('slots', at, r, { aad: signet.slotAad(hex(r.account_id), hex(r.ik_hash), keyId) })
    },

    keystores(r, at) {
      const plain = sealed('keystores', at, r, signet.derive(hex(r.AMK), 'amk keystore'))
      const [ik, eks] = [keys[r.ik], r.eks.map((n) => keys[n])]
      need(plain.equals(signet.keystorePlaintext(hex(r.prev_hash), ik, eks, hex(r.secret_key))), 'plaintext')
      const aad = signet.aad(hex(r.account_id), Buffer.from('keystore'), r.version, ik.ikHash, Number(r.epoch))
      same('keystores', at, r, { aad, object_hash: signet.objectHash(hex(r.sealed)) })
    },

    history(r, at) {
      const [conv, id] = [hex(r.conv_id), hex(r.env_id)]
      const plain = sealed('history', at, r, signet.derive(hex(r.AMK), 'amk history', conv))
      need(plain.equals(cat([id, hex(r.K)])), 'plaintext')
      const aad = signet.aad(hex(r.account_id), cat([conv, id]), 1, hex(r.ik_hash), Number(r.epoch))
      same('history', at, r, { aad, record: cat([signet.u32(Number(r.epoch)), hex(r.sealed)]) })
    },

    recovery(r, at) {
      same('recovery', at, r, { text: signet.recoveryText(hex(r.key)) })
    },

    safety(r, at) {
      same('safety', at, r, { number: signet.safetyNumber(accounts[r.one], accounts[r.other]) })
    },

    backups(r, at) {
      const [file, fields] = [hex(r.file), backupFields(r, accounts)]
      need(file.subarray(0, 78).equals(fields), 'fields of the header')
      const [records, stream] = backupStream(r, accounts, keys)
      const [read, chunks, top] = signet.readBackup(file, hex(r.BK), keys[r.ik])
      need(read.equals(stream), 'records')
      same('backups', at, r, { ...backupValues(r, fields, file), records, n_chunks: chunks, root: top })
    },
  }

  function sealed(kind, at, r, key) {
    const values = objectValues(
      key, r.purpose, hex(r.account_id), hex(r.object), r.version, hex(r.ik_hash), Number(r.amk_epoch), hex(r.plaintext),
      hex(r.salt),
    )
    same(kind, at, r, values)
    return signet.openObject(key, r.purpose, values.aad, hex(r.sealed))
  }

  for (const [kind, check] of Object.entries(open)) {
    const records = JSON.parse(fs.readFileSync(path.join(folder, `${kind}.json`), 'utf8'))
    records.forEach((record, at) => {
      try {
        check(record, at)
      } catch (error) {
        console.log(`mismatch: ${kind} ${at}: ${error}`)
        mismatches += 1
      }
    })
    opened[kind] = records.length
  }
  const counts = Object.entries(opened).map(([kind, n]) => `${n} ${kind}`)
  console.log(`Node opened ${counts.join(', ')}: ${mismatches} mismatches`)
  return mismatches === 0
}

// Writing

const some = (n) => crypto.randomBytes(n)
const below = (n) => crypto.randomInt(n)
const rand64 = () => some(8).readBigUInt64BE()
const epochs = () => 1 + below(2 ** 32 - 1)
const pick = (list) => list[below(list.length)]

function sample(n, from) {
  const rest = Array.from({ length: from }, (_, i) => i)
  return Array.from({ length: n }, () => rest.splice(below(rest.length), 1)[0])
}

function writeFolder(count, folder) {
  fs.mkdirSync(folder, { recursive: true })
  const each = (make, n = count) => Array.from({ length: n }, (_, i) => make(i))
  const keys = each(() => new Key(), 4)
  const accounts = each(() => makeAccount(keys), Math.max(count, 40))
  const files = {
    keys: keys.map((key) => ({ pkcs8: key.pem, spki: key.spki, ik_hash: key.ikHash, ek_id: key.ekId })),
    accounts: accounts.map((account) => account.record),
    messages: each((n) => makeMessage(n, accounts)),
    objects: each((n) => PURPOSES.map((purpose) => makeObject(n, purpose))).flat(),
    slots: each(makeSlot),
    keystores: each(() => makeKeystore(keys)),
    history: each(makeHistory),
    recovery: each(() => some(32)).map((key) => ({ key, text: signet.recoveryText(key) })),
    safety: each(() => makeSafety(accounts)),
    backups: each(() => makeBackup(accounts, keys), Math.ceil(count / 100)),
  }
  for (const [name, records] of Object.entries(files)) {
    const lines = records.map((record) => JSON.stringify(text(record)))
    fs.writeFileSync(path.join(folder, `${name}.json`), `[\n${lines.join(',\n')}\n]\n`)
  }
  console.log(`Node wrote ${count} of each kind`)
  return true
}

function makeAccount(keys) {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
  const rest = Array.from({ length: 2 + below(30) }, () => pick(`${letters}0123456789_`))
  const [username, nonce, order, dates] = [pick(letters) + rest.join(''), some(32), sample(4, 4), keys.map(rand64)]
  let [ik, eks, prev] = [order[0], [order[1]], Buffer.alloc(32)]
  const [statements, length] = [[], 1 + below(3)]
  const id = signet.accountId(username, keys[ik].spki, nonce)
  for (let seq = 1; seq <= length; seq += 1) {
    let old
    if (seq === 2) eks = [...eks, order[2]]
    if (seq === 3) [old, ik] = [ik, order[3]]
    const stated = eks.map((n) => ({ spki: keys[n].spki, notAfter: dates[n] }))
    const body = signet.statementBody({ id, username, nonce, seq, prev, minSuite: 1, spki: keys[ik].spki, eks: stated })
    prev = signet.statementHash(body)
    const sig = keys[ik].sign('sig stmt', prev)
    const oldSig = old === undefined ? none : keys[old].sign('sig stmt', prev)
    statements.push({
      ik, eks, not_after: eks.map((n) => dates[n]), min_suite: 1, body, statement_hash: prev, sig, old_sig: oldSig,
      whole: signet.statementWhole(body, sig, oldSig),
    })
  }
  const record = {
    username, nonce, account_id: id, ik_hash: keys[ik].ikHash, ek_id: keys[eks.at(-1)].ekId,
    pin: signet.pin(statements.map((said) => said.whole)), statements,
  }
  const ek = eks.at(-1)
  return {
    id, head: prev, username, spki: keys[ik].spki, ik: keys[ik], ek: keys[ek], places: { ik, ek }, record,
    seq: statements.length, pin: record.pin, ikHash: keys[ik].ikHash,
  }
}

function makeMessage(n, accounts) {
  const size = n % 100 === 99 ? 40 : pick([1, 2, 2, 2, 3, 4, 7])
  const readers = sample(size, accounts.length)
  const people = readers.map((i) => accounts[i])
  const [sender, streamId] = [people[0], some(16)]
  const convId = size === 2 ? signet.direct(people[0].id, people[1].id) : some(32)
  const first = below(2) === 0
  const length = n % 50 === 49 ? below(20001) : below(600)
  const contentType = pick([1, 1, 1, 1, 2, 3 + below(4), 7 + below(65529)])
  const receipts = below(41)
  const body =
    contentType === 1
      ? Buffer.from(Array.from({ length }, () => pick([...'aZ0 .,äßñ中文字🦀\n'])).join(''))
      : contentType === 2 || contentType === 3
        ? cat([signet.u16(receipts), some(32 * receipts)])
        : contentType < 7
          ? cat([some(32), Buffer.from(contentType < 6 ? '👩‍👧'.repeat(below(4)) : '')])
          : some(length)
  const m = {
    flags: below(2), convId, groupEpoch: rand64(), streamId, seq: first ? 1n : 2n + (rand64() >> 1n),
    prev: first ? signet.firstPrev(convId, sender.id, streamId) : some(32), contentType, body, sentMs: rand64(),
    clientUuid: some(16), replyTo: pick([none, some(32)]), expiresS: below(2 ** 32),
    seen: Array.from({ length: below(17) }, () => ({ streamId: some(16), seq: rand64(), envId: some(32) })),
    abandoned: pick([none, some(32)]), groupHead: some(32), keystoreVersion: rand64(), keystoreHash: some(32),
    stateVersion: rand64(), stateHash: some(32),
  }
  const values = messageValues(m, people, some(32), some(16))
  const ordered = [...people].sort((a, b) => Buffer.compare(a.id, b.id))
  const labels = ordered.map((p) => signet.wrapLabel(values.ctx, p.ek.ekId))
  const wraps = ordered.map((p, i) => p.ek.wrap(labels[i], values.K))
  const leaves = ordered.map((p, i) => cat([p.id, p.ek.ekId, p.head, wraps[i]]))
  const end = messageEnd({ ...values, sign: (id) => sender.ik.sign('sig msg', id) }, leaves)
  return {
    sender: readers[0], readers, ik: sender.places.ik, eks: ordered.map((p) => p.places.ek), flags: m.flags,
    conv_id: convId, group_epoch: m.groupEpoch, stream_id: streamId, seq: m.seq, prev: m.prev, content_type: contentType,
    body, sent_ms: m.sentMs, client_uuid: m.clientUuid, reply_to: m.replyTo, expires_s: m.expiresS,
    seen: m.seen.map((row) => ({ stream_id: row.streamId, seq: row.seq, env_id: row.envId })), abandoned: m.abandoned,
    group_head: m.groupHead, keystore_version: m.keystoreVersion, keystore_hash: m.keystoreHash,
    state_version: m.stateVersion, state_hash: m.stateHash, ...values, wrap_labels: labels, wraps, leaves, ...end,
  }
}

function makeObject(n, purpose) {
  const length = n % 50 === 49 ? below(100001) : below(1001)
  const values = objectValues(
    some(32), purpose, some(16), some(below(81)), rand64(), some(32), below(2 ** 32), some(length), some(32),
  )
  return { ...values, object_hash: signet.objectHash(values.sealed) }
}

function makeSlot(n) {
  const [AMK, epoch, id] = [some(32), epochs(), some(16)]
  const plain = signet.slotPlaintext(epoch, AMK)
  const sealed = (key, purpose, keyId) => {
    const [object, version] = [cat([Buffer.from('slot'), keyId]), keyId.length ? 2 : 1]
    return objectValues(key, purpose, id, object, version, some(32), 0, plain, some(32))
  }
  if (n % 4 === 2) {
    const shares = { browser: some(32), relay: some(32), tab: pick([none, some(32)]) }
    const key = signet.localKey(shares.browser, shares.relay, shares.tab)
    return { ...sealed(key, 'local slot', none), ...shares, AMK, epoch }
  }
  const [purpose, secret] = [n % 4 === 1 ? 'recovery slot' : 'password slot', n % 4 === 3 ? some(16) : none]
  const keyId = secret.length ? signet.secretKeyId(id, secret) : none
  const more = {
    export_key: some(64), profile: 1, secret_key: secret, secret_key_text: secret.length ? signet.secretKeyText(secret) : '',
  }
  const values = sealed(signet.unlockKey(more.export_key, id, 1, secret), purpose, keyId)
  return { ...values, ...more, AMK, epoch, slot: signet.slot(values.sealed, keyId) }
}

function makeKeystore(keys) {
  const [ik, ...eks] = sample(2 + below(keys.length - 1), keys.length)
  const [AMK, epoch, prevHash] = [some(32), epochs(), some(32)]
  const secretKey = pick([none, some(16)])
  const plain = signet.keystorePlaintext(prevHash, keys[ik], eks.map((n) => keys[n]), secretKey)
  const values = objectValues(
    signet.derive(AMK, 'amk keystore'), 'keystore', some(16), Buffer.from('keystore'), rand64(), keys[ik].ikHash, epoch,
    plain, some(32),
  )
  return { ...values, AMK, epoch, ik, eks, prev_hash: prevHash, secret_key: secretKey, object_hash: signet.objectHash(values.sealed) }
}

function makeHistory() {
  const [AMK, epoch, conv, id, K] = [some(32), epochs(), some(32), some(32), some(32)]
  const values = objectValues(
    signet.derive(AMK, 'amk history', conv), 'history', some(16), cat([conv, id]), 1, some(32), epoch, cat([id, K]),
    some(32),
  )
  return { ...values, AMK, epoch, conv_id: conv, env_id: id, K, record: cat([signet.u32(epoch), values.sealed]) }
}

function makeSafety(accounts) {
  const [one, other] = sample(2, accounts.length)
  return { one, other, number: signet.safetyNumber(accounts[one], accounts[other]) }
}

/** Under a BK that no password makes: see `signet.mjs`. */
function makeBackup(accounts, keys) {
  const [own, ...others] = sample(4, accounts.length)
  const me = accounts[own]
  others.sort((a, b) => Buffer.compare(accounts[a].id, accounts[b].id))
  const contacts = others.map((account) => ({
    account, since_ms: rand64(), doubts: below(8), verified: pick([none, some(32)]), with_statements: below(2),
  }))
  const messages = Array.from({ length: below(20) }, (_, n) => {
    const state = 1 + below(3)
    return {
      place: 7 * n, conv_id: some(32), env_id: some(32), author: state === 1 ? some(16) : me.id, stream_id: some(16),
      seq: rand64(), client_uuid: some(16), reply_to: pick([none, some(32)]), sent_ms: rand64(), received_ms: rand64(),
      state, content_type: pick([1, 1, 1, 777]), body: Buffer.from('aß🦀'.repeat(below(400))), key: pick([none, some(32)]),
    }
  })
  const record = {
    account: own, keystore_version: rand64(), prev_hash: some(32), ik: me.places.ik, eks: [me.places.ek], contacts,
    messages, password: '', BK: some(32), salt: some(32), created_ms: rand64(), chunk_size: 255 + below(4000),
    m_KiB: 65536 + below(983041), t: 3 + below(8), p: 1 + below(4),
  }
  const said = text(record)
  const [fields, [records, stream]] = [backupFields(said, accounts), backupStream(said, accounts, keys)]
  const [file, chunks, top] = signet.writeBackup(fields, record.BK, me.ik, stream)
  return { ...record, ...backupValues(said, fields, file), records, n_chunks: chunks, root: top, file }
}

const [verb, ...words] = process.argv.slice(2)
if (verb === 'open' && words.length === 1) {
  process.exitCode = openFolder(words[0]) ? 0 : 1
} else if (verb === 'write' && words.length === 2) {
  process.exitCode = writeFolder(Number(words[0]), words[1]) ? 0 : 1
} else {
  console.error('node interop.mjs write COUNT DIR, or node interop.mjs open DIR')
  process.exitCode = 1
}
