import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PairFiles } from './readPair.ts'

/** What a certificate of a test says. */
export interface SelfSigned {
  readonly names: readonly string[]
  /** Epoch milliseconds; default: an hour ago to in a day. */
  readonly fromMs?: number
  readonly toMs?: number
}

export interface SelfSignedPair {
  readonly certificate: string
  readonly key: string
}

const hourMs = 3_600_000

// DER (X.690), as much of it as one certificate needs: so that tests need no OpenSSL and no package.
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  const head = length < 128 ? [tag, length] : [tag, 0x80 + bytes.length, ...bytes]
  return Buffer.concat([Buffer.from(head), content])
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const time = (ms: number): Buffer =>
  der(0x18, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`, 'latin1'))

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'))
const commonName = (name: string): Buffer =>
  sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(name)))))

/** A self-signed certificate with a new key on P-256, both in PEM. */
export function makeSelfSigned({
  names,
  fromMs = Date.now() - hourMs,
  toMs = Date.now() + 24 * hourMs,
}: SelfSigned): SelfSignedPair {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const alternatives = sequence(...names.map((name) => der(0x82, Buffer.from(name, 'latin1'))))
  const name = commonName(`test ${randomBytes(4).toString('hex')}`)
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    name,
    sequence(time(fromMs), time(toMs)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(objectId('551d11'), der(0x04, alternatives)))),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])
  const base64 = sequence(body, ecdsaWithSha256, der(0x03, signature)).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Writes a pair as `<name>.pem` and `<name>.key`, each whole. */
export function writePair(folder: string, name: string, pair: SelfSignedPair, names: readonly string[]): PairFiles {
  const files = { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`), names }
  writeFileWhole(files.certificate, pair.certificate)
  writeFileWhole(files.key, pair.key)
  return files
}

function writeFileWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
