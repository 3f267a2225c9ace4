import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createKeptFile } from './keptFile.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-kept-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('it holds what is so at each change', () => {
  const path = join(folder, 'file')
  let content = 'one'
  const file = createKeptFile({ path, content: () => content, say: () => undefined })
  file.write()
  content = 'two'
  file.write()
  file.stop()
  expect(readFileSync(path, 'utf8')).toBe('two')
  expect(readdirSync(folder)).toEqual(['file'])
})

test('what cannot be written throws nothing, is said once, and is there as it then is when it can be', async () => {
  const path = join(folder, 'later', 'file')
  const said: string[] = []
  let content = 'one'
  const file = createKeptFile({ path, content: () => content, say: (text) => said.push(text), retryMs: 5 })
  file.write()
  file.write()
  content = 'two'
  mkdirSync(join(folder, 'later'))
  await vi.waitUntil(() => readdirSync(join(folder, 'later')).length === 1, { timeout: 5_000 })
  expect(readFileSync(path, 'utf8')).toBe('two')
  file.stop()
  expect(said).toEqual([expect.stringContaining(`${path} cannot be written: ENOENT`) as string])
})
