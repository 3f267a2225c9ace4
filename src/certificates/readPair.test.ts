import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readPair, type PairFiles } from './readPair.ts'
import { makeSelfSigned, writePair } from './selfSigned.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'pairs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const names = ['shop.test', '*.shop.test']
const pair = makeSelfSigned({ names })
const good = writePair(folder, 'good', pair, names)
const other = writePair(folder, 'other', makeSelfSigned({ names }), names)

async function problemOf(files: PairFiles, nowMs = Date.now()) {
  const read = await readPair(files, nowMs)
  if (read.ok) throw new Error('the pair was taken')
  return read.problem
}

test('a pair that is right is taken, with the time at which it expires', async () => {
  const read = await readPair(good, Date.now())
  if (!read.ok) throw new Error(read.problem.says)
  expect(read.pair.notAfterMs).toBeGreaterThan(Date.now() + 23 * 3_600_000)
  expect(read.pair.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
})

test.each([
  ['no certificate there', { ...good, certificate: join(folder, 'none.pem') }, 'certificate', 'does not exist'],
  ['no key there', { ...good, key: join(folder, 'none.key') }, 'key', 'does not exist'],
  ['a folder', { ...good, key: folder }, 'key', 'is no file'],
  ['the key as certificate', { ...good, certificate: good.key }, 'certificate', 'holds no certificate'],
  ['the certificate as key', { ...good, key: good.certificate }, 'key', 'holds no private key'],
  ['the key of another certificate', { ...good, key: other.key }, 'key', 'is not the key of the certificate'],
  ['a name that is not covered', { ...good, names: ['shop.test', 'mail.test'] }, 'names', 'does not cover'],
  ['a name above a wildcard', { ...good, names: ['a.b.shop.test'] }, 'names', 'does not cover'],
] as const)('%s is a problem that names what it is about', async (_, files, about, says) => {
  const problem = await problemOf(files)
  expect(problem.about).toBe(about)
  expect(problem.says).toContain(says)
  expect(problem.allowed).not.toBe('')
})

test('what nobody thought of is a problem too, and no error: who serves with other pairs goes on', async () => {
  const problem = await problemOf({ ...good, names: [7 as unknown as string] })
  expect(problem.says).toContain('cannot be used with its key')
})

test('names are said with what the certificate covers', async () => {
  const problem = await problemOf({ ...good, names: ['shop.test', 'mail.test'] })
  expect(problem).toMatchObject({ at: 1, allowed: 'what it covers: DNS:shop.test, DNS:*.shop.test' })
  expect(problem.usable).toBeDefined()
})

test('out of its time it is a problem, and can still be used', async () => {
  expect((await problemOf(good, Date.now() + 48 * 3_600_000)).says).toMatch(/which expired at \d{4}-/)
  const early = await problemOf(good, Date.now() - 48 * 3_600_000)
  expect(early.says).toMatch(/which is not valid before \d{4}-/)
  expect(early.usable).toBeDefined()
})

test('a file that may not be read is said, except to those who may read everything', async () => {
  const hidden = writePair(folder, 'hidden', pair, names)
  chmodSync(hidden.key, 0)
  const read = await readPair(hidden, Date.now())
  expect(read.ok || read.problem.says.includes('may not be read by this user')).toBe(true)
})

test('a key with a pass phrase, a file that is too large: nothing of either is quoted', async () => {
  const secret = 'MIIBsecretsecret'
  mkdirSync(join(folder, 'wrong'), { recursive: true })
  const key = join(folder, 'wrong', 'a.key')
  writeFileSync(key, `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${secret}\n-----END ENCRYPTED PRIVATE KEY-----\n`)
  const encrypted = await problemOf({ ...good, key })
  expect(encrypted.says).toContain('a private key with a pass phrase')
  writeFileSync(key, secret.repeat(100_000))
  const large = await problemOf({ ...good, key })
  expect(large.says).toContain('has 1600000 bytes')
  expect(JSON.stringify([encrypted, large])).not.toContain(secret)
})
