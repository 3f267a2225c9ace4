import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StatusDocument } from '../engine/api.ts'
import { createStartReport, findRefusal, throwIfHopeless } from './startTrouble.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-start-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function statusOf(hosts: readonly { readonly id: string; readonly ready: boolean; readonly failure?: string }[]) {
  const host = { build: 'one', digest: 'd', pid: null, startedAt: null, layer: 'stable', instance: 'i' }
  const service = {
    name: 'cart',
    owner: 'team',
    stable: 'one',
    digest: 'd',
    hosts: hosts.map((one) => ({ ...host, ...one })),
    kept: [],
  }
  const status: StatusDocument = {
    environments: [{ name: 'production', front: 'http://127.0.0.1:1', services: [service] }],
    gateways: [],
    moving: [],
    stages: [],
  }
  return status
}

test('a service that cannot run is said once, with why and where its log is', () => {
  const said: string[] = []
  const report = createStartReport((text) => said.push(text))
  const failing = statusOf([
    { id: '1', ready: true },
    { id: '2', ready: false, failure: 'host "2" ended 3 times: cannot open x' },
    { id: '3', ready: false, failure: 'host "3" ended 3 times: cannot open x' },
  ])
  report(failing)
  report(failing)
  expect(said).toEqual([
    'host "2" ended 3 times: cannot open x\n  it is tried again; what it wrote: `cofferdam logs cart --environment production --host 2`',
  ])
})

test('a host that only takes its time is not said', () => {
  const said: string[] = []
  createStartReport((text) => said.push(text))(statusOf([{ id: '1', ready: false }]))
  expect(said).toEqual([])
})

const child = (log: string, count: number, code?: number) => ({
  name: 'control plane',
  log,
  ends: () => ({ count, ...(code === undefined ? {} : { code }) }),
})

test('what a process of ours refused is the error of whoever waits for it', () => {
  const log = join(folder, 'log')
  writeFileSync(
    log,
    'port-taken: port 1 of 127.0.0.1 cannot be opened: pid 7 listens there\nStop what listens there.\n',
  )
  expect(() => throwIfHopeless(child(log, 1, 3))).not.toThrow()
  expect(() => throwIfHopeless(child(log, 2, 3))).toThrow(
    expect.objectContaining({ code: 'port-taken', message: expect.stringContaining('pid 7') }),
  )
})

test('a crash is a bug with its last lines, and a refusal of an earlier run is not taken for its reason', () => {
  const log = join(folder, 'log')
  writeFileSync(log, 'port-taken: port 1 is taken\nTypeError: x is undefined\n')
  expect(() => throwIfHopeless(child(log, 2, 1))).not.toThrow()
  expect(() => throwIfHopeless(child(log, 3, 1))).toThrow(
    expect.objectContaining({ code: 'bug', message: expect.stringContaining('TypeError: x is undefined') }),
  )
  expect(() => throwIfHopeless(child(join(folder, 'none'), 3))).toThrow(
    expect.objectContaining({ code: 'bug', message: expect.stringContaining('killed by a signal') }),
  )
})

test('a line that only looks like a refusal is none', () => {
  expect(findRefusal(['warning: port-taken: no', 'no-such-code: x'], 3)).toBeUndefined()
  expect(findRefusal(['held: y', 'home-locked: pid 3'], 3)).toEqual({ code: 'home-locked', message: 'pid 3' })
})
