import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createProcessLog } from './processLog.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a line is one JSON document with the time', () => {
  const path = join(folder, 'log')
  const fd = openSync(path, 'a')
  createProcessLog(fd)('started', { pid: 7 })
  closeSync(fd)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ at: expect.any(String) as string, text: 'started', pid: 7 })
})

test('a log that cannot be written ends nobody', () => {
  // Every write to it answers that the disk is full.
  const fd = openSync('/dev/full', 'w')
  const log = createProcessLog(fd)
  expect(() => log('one')).not.toThrow()
  expect(() => log('two')).not.toThrow()
  closeSync(fd)
})

test('when it can be written again it goes on, and says how many lines are missing', () => {
  const path = join(folder, 'log')
  const full = openSync('/dev/full', 'w')
  const log = createProcessLog(full)
  log('one')
  log('two')
  closeSync(full)
  // The lowest free number is given again: the same descriptor now leads to a file with room.
  expect(openSync(path, 'a')).toBe(full)
  log('three')
  closeSync(full)
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual([
    'lines of this log are missing: it could not be written',
    'three',
  ])
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ lost: 2 })
})
