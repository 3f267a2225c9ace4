import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeSelfSigned, writePair } from '../certificates/selfSigned.fixture.ts'
import { readConfigText } from './readConfig.ts'

const folder = mkdtempSync(join(tmpdir(), 'front-'))
afterAll(() => rmSync(folder, { recursive: true }))
mkdirSync(join(folder, 'tls'))
mkdirSync(join(folder, 'shop'))
const file = join(folder, 'cofferdam.yaml')
const names = ['shop.test', 'www.shop.test']
writePair(join(folder, 'tls'), 'shop', makeSelfSigned({ names }), names)
writePair(join(folder, 'tls'), 'other', makeSelfSigned({ names: ['other.test'] }), [])
writePair(join(folder, 'tls'), 'old', makeSelfSigned({ names, fromMs: Date.now() - 2e9, toMs: Date.now() - 1e9 }), [])
writeFileSync(join(folder, 'tls', 'junk.pem'), 'junk')

function withFront(front: string): string {
  return `cofferdam: 1
environments:
  production: { front: ${front} }
  staging: {}
pipeline:
  stages:
    - { name: staging, environment: staging }
    - { name: canary, environment: production, shares: [5%] }
    - { name: production, environment: production, batch: 25% }
services:
  shop: { from: shop, owner: web, routes: [/], run: node main.js }
`
}
const pair = (more: string): string => `{ certificate: tls/shop.pem, key: tls/shop.key, names: [shop.test], ${more} }`

async function problemsOf(front: string) {
  const reading = await readConfigText(withFront(front), file)
  return reading.ok ? [] : reading.problems
}

test('a front door with certificates becomes absolute paths and names, and nothing of a key', async () => {
  const reading = await readConfigText(
    withFront(
      '{ listen: 0.0.0.0, port: 8443, tls: [{ certificate: tls/shop.pem, key: tls/shop.key, names: [shop.test, www.shop.test] }] }',
    ),
    file,
  )
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  expect(reading.organisation.environments[0]?.front).toEqual({
    port: 8443,
    servedBy: 'keyed',
    listen: '0.0.0.0',
    tls: [{ certificate: join(folder, 'tls/shop.pem'), key: join(folder, 'tls/shop.key'), names }],
  })
  expect(JSON.stringify(reading)).not.toContain('PRIVATE')
})

test('a front door without any of it is as before', async () => {
  const reading = await readConfigText(withFront('{ listen: 127.0.0.1 }'), file)
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  expect(reading.organisation.environments[0]?.front).toEqual({ port: 'auto', servedBy: 'keyed' })
})

test.each([
  [
    'no file',
    '{ tls: [{ certificate: tls/none.pem, key: tls/shop.key, names: [shop.test] }] }',
    'tls[0].certificate',
    'does not exist',
  ],
  [
    'no certificate in it',
    '{ tls: [{ certificate: tls/junk.pem, key: tls/shop.key, names: [shop.test] }] }',
    'tls[0].certificate',
    'holds no certificate',
  ],
  [
    'a key of another',
    '{ tls: [{ certificate: tls/shop.pem, key: tls/other.key, names: [shop.test] }] }',
    'tls[0].key',
    'is not the key of the certificate',
  ],
  [
    'expired',
    '{ tls: [{ certificate: tls/old.pem, key: tls/old.key, names: [shop.test] }] }',
    'tls[0].certificate',
    'which expired at',
  ],
  [
    'a name that is not covered',
    '{ tls: [{ certificate: tls/shop.pem, key: tls/shop.key, names: [shop.test, mail.test] }] }',
    'tls[0].names[1]',
    'does not cover',
  ],
  [
    'no name',
    '{ tls: [{ certificate: tls/shop.pem, key: tls/shop.key, names: ["https://Shop.test/"] }] }',
    'tls[0].names[0]',
    'did you mean `shop.test`',
  ],
  ['a name twice', `{ tls: [${pair('')}, ${pair('')}] }`, 'tls[1].names[0]', 'is the same name as'],
  ['an unknown key', `{ tls: [${pair('passphrase: x')}] }`, 'tls[0].passphrase', 'certificate, key, names'],
  ['no certificates', '{ tls: [] }', 'tls', 'a list of 1 to 100 certificates'],
  ['open to others', '{ listen: 0.0.0.0 }', 'listen', 'can be reached from other machines'],
  ['open to others by IPv6', '{ listen: "::" }', 'listen', 'can be reached from other machines'],
  ['a host name', '{ listen: localhost }', 'listen', 'did you mean `127.0.0.1`'],
  ['everybody a proxy', '{ listen: 0.0.0.0, trustedProxies: [0.0.0.0/0] }', 'trustedProxies[0]', '8 bits or more'],
])('%s: one problem, which names its place', async (_, front, path, says) => {
  const problems = await problemsOf(front)
  expect(problems.map((problem) => problem.path)).toEqual([`environments.production.front.${path}`])
  expect(problems[0]?.text).toContain(says)
  expect(problems[0]).toMatchObject({ file, line: 3 })
})

test.each([
  '{ listen: "::1" }',
  '{ listen: 127.0.0.2 }',
  '{ listen: 0.0.0.0, trustedProxies: [10.1.2.3, "fd00::/8"] }',
])('allowed: %s', async (front) => expect(await problemsOf(front)).toEqual([]))

test('what runs already is not asked whether its certificates are still good', async () => {
  const text = withFront('{ tls: [{ certificate: tls/old.pem, key: tls/none.key, names: [shop.test] }] }')
  expect((await readConfigText(text, file, { certificates: false })).ok).toBe(true)
})
