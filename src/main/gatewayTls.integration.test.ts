import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { makeSelfSigned, writePair } from '../certificates/selfSigned.fixture.ts'
import { ask, layerOf, serviceOf, until } from '../gateway/testBed.ts'
import { askHttp2, askTls, getOf, openHttp2, shownFor } from '../gateway/tls/tlsTalk.fixture.ts'
import { GatewayProcess } from './gatewayProcess.fixture.ts'

vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'gateway-tls-'))
const names = ['shop.test']
const pair = writePair(folder, 'shop', makeSelfSigned({ names }), names)
let gateway: GatewayProcess

afterEach(async () => {
  await gateway.end()
  rmSync(folder, { recursive: true, force: true })
})

test('two workers speak TLS and HTTP/2, take a renewed certificate, move their door, and come back with it', async () => {
  gateway = await GatewayProcess.start(2)
  const host = await gateway.host((incoming, response) => response.end(String(incoming.headers['x-forwarded-proto'])))
  const services = [serviceOf('cart', '/', [layerOf('stable', { kind: 'everyone' }, [host.port])])]
  const { front } = gateway
  gateway.frontDoor = { tls: [pair] }
  await gateway.apply(services)
  // A door that moves refuses connections for a moment.
  const isAnswered = async (asked: Promise<{ readonly text: string }>, text: string): Promise<boolean> =>
    await asked.then(
      (answer) => answer.text === text,
      () => false,
    )
  const byTls = async (): Promise<boolean> => await isAnswered(askTls(front, '/'), 'https')
  const askAll = async (): Promise<void> => {
    for (let i = 0; i < 8; i += 1) {
      expect((await askTls(front, '/')).text).toBe('https')
      const session = await openHttp2(front)
      expect((await askHttp2(session, getOf('/'))).text).toBe('https')
      session.destroy()
    }
  }
  await askAll()

  const before = await shownFor(front, 'shop.test')
  writePair(folder, 'shop', makeSelfSigned({ names }), names)
  let inARow = 0
  // Each worker looks for itself: not one of many connections gets the old one any more.
  const isRenewed = async (): Promise<boolean> => {
    inARow = (await shownFor(front, 'shop.test')) === before ? 0 : inARow + 1
    return inARow >= 16
  }
  await until('all workers show the new one', isRenewed, 60_000)
  expect(gateway.output.match(/a certificate was renewed/g)).toHaveLength(1)
  expect(gateway.output).not.toContain('PRIVATE')

  gateway.frontDoor = { listen: '0.0.0.0', tls: [pair] }
  await gateway.apply(services)
  await until('the door has moved', byTls, 60_000)
  await askAll()
  gateway.frontDoor = { listen: '192.0.2.1', tls: [pair] }
  await expect(gateway.apply(services)).rejects.toThrow('on 192.0.2.1 cannot be opened')
  await until('the door is back where it was', byTls, 60_000)
  gateway.frontDoor = {}
  await gateway.apply(services)
  await until('it is plain', async () => await isAnswered(ask(front, '/'), 'http'), 60_000)
  gateway.frontDoor = { tls: [pair] }
  await gateway.apply(services)
  await until('it speaks TLS again', byTls, 60_000)

  const [first = 0] = (await gateway.state()).workerPids
  process.kill(first, 'SIGKILL')
  await until(
    'another took its place',
    async () => {
      const { workerPids } = await gateway.state().catch(() => ({ workerPids: [first] }))
      return workerPids.length === 2 && !workerPids.includes(first)
    },
    60_000,
  )
  await until('it serves', byTls, 60_000)
  await askAll()
  expect(await gateway.metrics()).toMatch(/cofferdam_certificate_expires_timestamp_seconds\{door="production\/front"/)
})
