// Signet's formats, written from FORMAT.md alone, with Node's `crypto` (OpenSSL). The numbers are its sections.
// For reading and comparing, not for use: keys are not wiped.
import crypto from 'node:crypto'

/** Why, for whoever compares implementations; a client tells nobody. */
export class Refused extends Error {}

export function need(condition, why) {
  if (!condition) throw new Refused(why)
}

// 1. Conventions

const cat = Buffer.concat
const sized = (bytes, write) => (n) => {
  const b = Buffer.alloc(bytes)
  write(b, n)
  return b
}
export const u8 = sized(1, (b, n) => b.writeUInt8(n))
export const u16 = sized(2, (b, n) => b.writeUInt16BE(n))
export const u32 = sized(4, (b, n) => b.writeUInt32BE(n))
export const u64 = sized(8, (b, n) => b.writeBigUInt64BE(BigInt(n)))
const b8 = (b) => cat([u8(b.length), b])
const b16 = (b) => cat([u16(b.length), b])
const b32 = (b) => cat([u32(b.length), b])
const option = (b) => (b.length ? cat([u8(1), b]) : u8(0))
export const L = (label) => Buffer.from(`SGN1 ${label}\0`, 'ascii')
export const H = (...parts) => crypto.createHash('sha256').update(cat(parts)).digest()
const HMAC = (key, ...parts) => crypto.createHmac('sha256', key).update(cat(parts)).digest()
const hkdf = (ikm, salt, info, n = 32) =>
  Buffer.from(crypto.hkdfSync('sha256', ikm, salt.length ? salt : Buffer.alloc(32), info, n))

export function cfbEncrypt(key, iv, data) {
  const run = crypto.createCipheriv('aes-256-cfb', key, iv)
  return cat([run.update(data), run.final()])
}

export function cfbDecrypt(key, iv, data) {
  const run = crypto.createDecipheriv('aes-256-cfb', key, iv)
  return cat([run.update(data), run.final()])
}

function padme(l) {
  if (l < 2) return l
  const log2 = (n) => 31 - Math.clz32(n)
  const e = log2(l)
  const s = e === 0 ? 0 : log2(e) + 1
  const step = 2 ** Math.max(e - s, 0)
  return Math.ceil(l / step) * step
}

export function hide(x) {
  const length = Math.ceil(Math.max(256, padme(x.length + 1)) / 16) * 16
  return cat([x, u8(0x80), Buffer.alloc(length - x.length - 1), Buffer.alloc(16, 0x10)])
}

/** The x of which this is the output of `hide`. */
export function show(hidden) {
  let end = hidden.length - 16
  while (end > 0 && hidden[end - 1] === 0) end -= 1
  need(end > 0, 'padding')
  const x = hidden.subarray(0, end - 1)
  need(hide(x).equals(hidden), 'padding')
  return x
}

// 3. Keys and ids

const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
const oaep = (oaepLabel) => ({ padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel })

export class Key {
  constructor(pem) {
    this.private = pem
      ? crypto.createPrivateKey(pem)
      : crypto.generateKeyPairSync('rsa', { modulusLength: 3072, publicExponent: 65537 }).privateKey
    this.public = crypto.createPublicKey(this.private)
    this.spki = this.public.export({ type: 'spki', format: 'der' })
    this.pkcs8 = this.private.export({ type: 'pkcs8', format: 'der' })
    this.pem = this.private.export({ type: 'pkcs8', format: 'pem' })
    this.ikHash = H(L('ik'), this.spki)
    this.ekId = H(L('ek'), u16(1), this.spki)
  }

  sign(label, digest) {
    return crypto.sign('sha256', cat([L(label), digest]), { key: this.private, ...pss })
  }

  verify(label, digest, sig) {
    need(crypto.verify('sha256', cat([L(label), digest]), { key: this.public, ...pss }, sig), 'signature')
  }

  wrap(label, k) {
    return crypto.publicEncrypt({ key: this.public, ...oaep(label) }, k)
  }

  unwrap(label, wrap) {
    return crypto.privateDecrypt({ key: this.private, ...oaep(label) }, wrap)
  }
}

export const accountId = (username, spki, nonce) =>
  H(L('acct'), Buffer.from(username.toLowerCase()), spki, nonce).subarray(0, 16)
export const direct = (one, other) => H(L('dm'), ...[one, other].sort(Buffer.compare))
export const membersHash = (people) =>
  H(L('members'), ...people.map(([id, ikHash]) => cat([id, ikHash])).sort(Buffer.compare))

// 4. Key statements

export function statementBody({ id, username, nonce, seq, prev, minSuite, spki, eks }) {
  const listed = eks.map((ek) => cat([u16(1), u64(ek.notAfter), b16(ek.spki)]))
  return cat([
    u8(1), id, b8(Buffer.from(username)), nonce, u64(seq), prev, u16(0), u16(minSuite), b16(spki), u8(eks.length),
    ...listed,
  ])
}
export const statementHash = (body) => H(L('stmt'), body)
export const statementWhole = (body, sig, oldSig) => cat([b16(body), b16(sig), b16(oldSig)])
export const pin = (wholes) => cat([u8(1), u16(wholes.length), ...wholes.map(b32)])

// 5. Messages

export const leafHash = (leaf) => H(u8(0), leaf)
const nodeHash = (left, right) => H(u8(1), left, right)
const split = (n) => 2 ** (31 - Math.clz32(n - 1))

export function root(nodes) {
  if (nodes.length === 1) return nodes[0]
  const k = split(nodes.length)
  return nodeHash(root(nodes.slice(0, k)), root(nodes.slice(k)))
}

function path(nodes, i) {
  if (nodes.length === 1) return []
  const k = split(nodes.length)
  return i < k ? [...path(nodes.slice(0, k), i), root(nodes.slice(k))] : [...path(nodes.slice(k), i - k), root(nodes.slice(0, k))]
}

/** RFC 9162, 2.1.3.2. */
function rootOfPath(leaf, index, n, nodes) {
  need(index < n, 'path')
  let [fn, sn, r] = [index, n - 1, leafHash(leaf)]
  for (const p of nodes) {
    need(sn !== 0, 'path')
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1]
    } else {
      r = nodeHash(r, p)
    }
    ;[fn, sn] = [fn >> 1, sn >> 1]
  }
  need(sn === 0, 'path')
  return r
}

export const header = (h) =>
  cat([
    Buffer.from('SGN1'), u16(1), u8(1), u8(h.flags), h.convId, u64(h.groupEpoch), h.members, h.senderId, h.senderStmt,
    h.streamId, u64(h.seq), h.prev, h.iv, u16(h.readers),
  ])
export const context = (head) => H(L('ctx'), head)
export const firstPrev = (convId, senderId, streamId) => H(L('stream'), convId, senderId, streamId)
export const wrapLabel = (ctx, ekId) => cat([L('wrap'), ctx, ekId])

export function messageKeys(k, ctx) {
  const both = hkdf(k, ctx, cat([L('keys'), u16(1)]), 64)
  return [both.subarray(0, 32), both.subarray(32)]
}
export const messageTag = (mac, ctx, top, ct) => HMAC(mac, L('tag'), ctx, top, u64(ct.length), ct)
export const envId = (head, top, ct, tag) => H(L('id'), head, top, u32(ct.length), ct, tag)
export const body = (ct, tag, sig) => cat([b32(ct), tag, b16(sig)])

export function delivered(head, leaves, index, end) {
  const way = path(leaves.map(leafHash), index)
  return cat([head, u16(index), leaves[index], u8(way.length), ...way, end])
}

/** The plaintext, K and env_id of a message signed by `ik` for the reader who has `ek`. */
export function openDelivered(data, ik, ek) {
  let at = 0
  const take = (n) => {
    need(at + n <= data.length, 'truncated')
    at += n
    return data.subarray(at - n, at)
  }
  const head = take(202)
  need(head.subarray(0, 7).equals(Buffer.from('SGN1\0\x01\x01')) && head[7] <= 1, 'header')
  const index = take(2).readUInt16BE()
  const leaf = take(464)
  const nodes = Array.from({ length: take(1)[0] }, () => take(32))
  const ct = take(take(4).readUInt32BE())
  const tag = take(32)
  const sig = take(take(2).readUInt16BE())
  need(at === data.length, 'bytes left over')
  const top = rootOfPath(leaf, index, head.readUInt16BE(200), nodes)
  const id = envId(head, top, ct, tag)
  ik.verify('sig msg', id, sig)
  const ctx = context(head)
  const k = ek.unwrap(wrapLabel(ctx, ek.ekId), leaf.subarray(80))
  need(k.length === 32, 'wrap')
  const [enc, mac] = messageKeys(k, ctx)
  need(crypto.timingSafeEqual(messageTag(mac, ctx, top, ct), tag), 'tag')
  return [show(cfbDecrypt(enc, head.subarray(184, 200), ct)), k, id]
}

// 6. The plaintext of a message

export function inner(m) {
  const rows = m.seen.map((row) => cat([row.streamId, u64(row.seq), row.envId]))
  return cat([
    u8(1), u16(m.contentType), u64(m.sentMs), m.clientUuid, option(m.replyTo), u32(m.expiresS), u8(rows.length), ...rows,
    option(m.abandoned), m.groupHead, u64(m.keystoreVersion), m.keystoreHash, u64(m.stateVersion), m.stateHash,
    b32(m.body),
  ])
}

// 7. Sealed objects

export const aad = (id, object, version, ikHash, amkEpoch) =>
  cat([id, b16(object), u64(version), ikHash, u32(amkEpoch)])

export function objectKeys(key, salt, purpose) {
  const three = hkdf(key, salt, cat([L('seal'), Buffer.from(purpose)]), 80)
  return [three.subarray(0, 32), three.subarray(32, 64), three.subarray(64)]
}

export const objectTag = (mac, purpose, ad, salt, ct) =>
  HMAC(mac, L('seal tag'), b8(Buffer.from(purpose)), u64(ad.length), ad, salt, u64(ct.length), ct)

export function openObject(key, purpose, ad, sealed) {
  need(sealed.length >= 65 && sealed[0] === 1, 'layout')
  const [salt, ct, tag] = [sealed.subarray(1, 33), sealed.subarray(33, -32), sealed.subarray(-32)]
  const [enc, mac, iv] = objectKeys(key, salt, purpose)
  need(crypto.timingSafeEqual(objectTag(mac, purpose, ad, salt, ct), tag), 'tag')
  return show(cfbDecrypt(enc, iv, ct))
}

export const objectHash = (sealed) => H(L('object'), sealed)

// 8. The master key and its slots

export const derive = (amk, label, info = Buffer.alloc(0)) => hkdf(amk, '', cat([L(label), info]))
export const slotPlaintext = (epoch, amk) => cat([u8(1), u32(epoch), amk])
export const secretKeyId = (id, key) => H(L('secret key id'), id, key).subarray(0, 8)
/** `keyId`: of the secret key that is needed beside the password, or nothing. */
export const slotAad = (id, ikHash, keyId) =>
  aad(id, cat([Buffer.from('slot'), keyId]), keyId.length ? 2 : 1, ikHash, 0)
export const slot = (sealed, keyId) => (keyId.length ? cat([u8(2), keyId, sealed]) : sealed)
export const unlockKey = (exportKey, id, profile, secretKey) =>
  hkdf(cat([exportKey, secretKey]), id, cat([L(secretKey.length ? 'unlock with secret key' : 'unlock'), u8(profile)]))
export const localKey = (browser, relay, tab) => hkdf(cat([browser, relay, tab]), '', L('local slot'))

// 9. The keystore

export function keystorePlaintext(prevHash, ik, eks, secretKey = Buffer.alloc(0)) {
  const keys = cat([prevHash, b16(ik.pkcs8), u16(eks.length), ...eks.map((ek) => cat([u16(1), b16(ek.pkcs8)]))])
  return secretKey.length ? cat([u8(3), keys, u16(0), secretKey]) : cat([u8(1), keys])
}

// 12. The recovery key and the secret key

function grouped(data) {
  const [bits, n] = [BigInt(`0x${data.toString('hex')}`), (data.length * 8) / 5]
  const symbol = (i) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'[Number((bits >> BigInt(5 * (n - 1 - i))) & 31n)]
  return Array.from({ length: n }, (_, i) => symbol(i)).join('').match(/.{4}/g).join('-')
}

export const recoveryText = (key) => grouped(cat([key, H(L('recovery key'), key).subarray(0, 3)]))
export const secretKeyText = (key) => `SK-${grouped(cat([key, H(L('secret key'), key).subarray(0, 4)]))}`

// 13. The safety number

export function safetyNumber(...accounts) {
  const halves = accounts.map(({ id, username, spki }) => {
    let h = cat([L('safety number'), id, b8(Buffer.from(username.toLowerCase())), spki])
    for (let i = 0; i < 5200; i += 1) h = crypto.createHash('sha512').update(h).update(spki).digest()
    const group = (i) => String(h.readUIntBE(5 * i, 5) % 100000).padStart(5, '0')
    return [0, 1, 2, 3, 4, 5].map(group).join(' ')
  })
  return halves.sort().join(' ')
}

// 14. The backup file. Node has had Argon2id only since version 24, so BK is given.

export const backupFields = (b) =>
  cat([
    Buffer.from('SGNB'), u16(1), u8(1), u32(b.m), u32(b.t), u8(b.p), b.salt, u16(1), b.accountId, u64(b.createdMs),
    u32(b.chunkSize),
  ])

export function backupKeys(bk) {
  return [hkdf(bk, '', L('backup hk')), hkdf(bk, '', L('backup ck'))]
}

export function backupHeader(fields, hk) {
  const maced = cat([fields, HMAC(hk, L('backup header'), fields)])
  return cat([maced, H(L('backup checksum'), maced).subarray(0, 8)])
}

export const backupHeaderHash = (header) => H(L('backup'), header)
const backupAad = (hash, index, final) => cat([hash, u64(index), u8(final)])
const backupDigest = (hash, chunks, top) => H(L('backup end'), hash, u64(chunks), top)
const backupRecord = (type, body) => cat([u8(type), b32(body)])
export const backupEnd = (contacts, messages) => backupRecord(255, cat([u32(contacts), u64(messages)]))

/** Records 1, 2 and 3. */
export const backupAccount = (own, version, keystore) => [
  backupRecord(1, cat([own.id, b8(Buffer.from(own.username))])),
  backupRecord(2, cat([u64(version), keystore])),
  backupRecord(3, own.pin),
]

export const backupContact = (c) =>
  backupRecord(
    4,
    cat([
      c.id, b8(Buffer.from(c.username)), u64(c.seq), c.head, c.ikHash, u64(c.sinceMs), u8(c.doubts), option(c.verified),
      c.pin.length ? cat([u8(1), b32(c.pin)]) : u8(0),
    ]),
  )

export const backupMessage = (m) =>
  backupRecord(
    6,
    cat([
      u64(m.place), m.convId, m.envId, m.author, m.streamId, u64(m.seq), m.clientUuid, option(m.replyTo), u64(m.sentMs),
      u64(m.receivedMs), u8(m.state), u16(m.contentType), b32(m.body), option(m.key),
    ]),
  )

/** The whole file, and its n_chunks and root. */
export function writeBackup(fields, bk, ik, stream) {
  const [hk, ck] = backupKeys(bk)
  const [header, size] = [backupHeader(fields, hk), fields.readUInt32BE(74)]
  const [hash, out, leaves] = [backupHeaderHash(header), [header], []]
  for (let at = 0; at < stream.length; at += size) {
    const final = at + size >= stream.length ? 1 : 0
    const salt = crypto.randomBytes(32)
    const ad = backupAad(hash, leaves.length, final)
    const [enc, mac, iv] = objectKeys(ck, salt, 'backup')
    const ct = cfbEncrypt(enc, iv, hide(stream.subarray(at, at + size)))
    const sealed = cat([u8(1), salt, ct, objectTag(mac, 'backup', ad, salt, ct)])
    out.push(u8(final), b32(sealed))
    leaves.push(leafHash(sealed))
  }
  const top = root(leaves)
  const sig = ik.sign('sig backup', backupDigest(hash, leaves.length, top))
  return [cat([...out, u64(leaves.length), top, sig]), leaves.length, top]
}

/** The record stream, n_chunks and root of a file that `ik` signed; what is in the records is left to the caller. */
export function readBackup(file, bk, ik) {
  const [hk, ck] = backupKeys(bk)
  const [fields, size] = [file.subarray(0, 78), file.readUInt32BE(74)]
  need(fields.subarray(0, 7).equals(Buffer.from('SGNB\0\x01\x01')), 'header')
  need(file.subarray(0, 118).equals(backupHeader(fields, hk)), 'header')
  let [at, final] = [118, 0]
  const take = (n) => {
    need(at + n <= file.length, 'cut short')
    at += n
    return file.subarray(at - n, at)
  }
  const [hash, stream, leaves] = [backupHeaderHash(file.subarray(0, 118)), [], []]
  while (final === 0) {
    final = take(1)[0]
    need(final <= 1, 'final')
    const sealed = take(take(4).readUInt32BE())
    const plain = openObject(ck, 'backup', backupAad(hash, leaves.length, final), sealed)
    need(final ? plain.length > 0 && plain.length <= size : plain.length === size, 'chunk')
    stream.push(plain)
    leaves.push(leafHash(sealed))
  }
  const top = root(leaves)
  need(take(40).equals(cat([u64(leaves.length), top])), 'root')
  ik.verify('sig backup', backupDigest(hash, leaves.length, top), take(384))
  need(at === file.length, 'bytes left over')
  return [cat(stream), leaves.length, top]
}
