import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareHome } from './home.ts'
import { createTokenReader, rotateToken } from './token.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cofferdam-token-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a rotated token is another one, 0600, whole, and read at once by who runs', () => {
  const home = prepareHome(folder)
  const read = createTokenReader(home)
  expect(read()).toBe(home.token)
  const fresh = rotateToken(folder)
  expect(fresh).toMatch(/^[0-9a-f]{64}$/)
  expect(fresh).not.toBe(home.token)
  expect(read()).toBe(fresh)
  expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, 'token'), 'utf8')).toBe(`${fresh}\n`)
  expect(readdirSync(folder)).toEqual(['token'])
  expect(prepareHome(folder).token).toBe(fresh)
})

test('a token file that is gone or cut short leaves the known token in force', () => {
  const home = prepareHome(folder)
  const read = createTokenReader(home)
  writeFileSync(join(folder, 'token'), 'short')
  expect(read()).toBe(home.token)
  unlinkSync(join(folder, 'token'))
  expect(read()).toBe(home.token)
})

test('one that cannot be written is named, and the old one stays', () => {
  expect(() => rotateToken(join(folder, 'nowhere'))).toThrow(/the token .*nowhere\/token cannot be replaced/)
})
