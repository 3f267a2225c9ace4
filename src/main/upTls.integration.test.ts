import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeSelfSigned, writePair } from '../certificates/selfSigned.fixture.ts'
import { ask, freePort } from '../gateway/testBed.ts'
import { askTls } from '../gateway/tls/tlsTalk.fixture.ts'
import { createUpHome, type UpHome } from './upHome.fixture.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let home: UpHome
let port: number

beforeAll(async () => {
  port = await freePort()
  const tls = '[{ certificate: tls/shop.pem, key: tls/shop.key, names: [shop.test] }]'
  home = createUpHome(undefined, `{ port: ${port}, tls: ${tls} }`)
  mkdirSync(join(home.folder, 'tls'))
})
afterAll(async () => await home.end())

test('a production whose front door speaks TLS says https wherever it says where it is', async () => {
  const refused = await home.run(['up', '--timeout', '90s'])
  expect(refused.exit).toBe(2)
  expect(refused.err).toMatch(/tls\[0\]\.certificate[^]*does not exist/)

  writePair(join(home.folder, 'tls'), 'shop', makeSelfSigned({ names: ['shop.test'] }), ['shop.test'])
  await home.up()
  const front = `https://127.0.0.1:${port}`
  const ready = JSON.parse(readFileSync(join(home.home, 'ready.json'), 'utf8')) as {
    environments: Record<string, { front: string }>
  }
  expect(ready.environments['production']?.front).toBe(front)
  expect(ready.environments['staging']?.front).toMatch(/^http:\/\/127\.0\.0\.1:/)
  expect((await askTls(port, '/api/cart')).text).toBe('one')
  expect((await home.run(['status'])).out).toContain(front)
  const shown = await home.run(['environment', 'show', 'production', '--json'])
  expect(shown.out).toContain(`"address":"${front}"`)
  const explained = await home.run(['explain', 'GET', `${front}/api/cart`, '--json'])
  expect(JSON.parse(explained.out)).toMatchObject({ service: 'cart', environment: 'production', status: 200 })
  // What knows no certificate has a door of its own, on this machine.
  const { doors } = JSON.parse(shown.out) as { doors: { id: string; address: string }[] }
  const loopback = doors.find(({ id }) => id === 'production/loopback')?.address ?? ''
  expect((await ask(Number(new URL(loopback).port), '/api/cart')).text).toBe('one')
  const state = readFileSync(join(home.home, 'gateways', 'g1', 'table.json'), 'utf8')
  expect(state).toContain(join(home.folder, 'tls', 'shop.key'))
  expect(state).not.toContain('PRIVATE')
})
