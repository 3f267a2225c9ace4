import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { prepareHome } from './home.ts'

const folder = mkdtempSync(join(tmpdir(), 'cofferdam-home-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a new home is closed to others and has one token for ever', () => {
  const path = join(folder, 'a', 'new')
  const { token } = prepareHome(path)
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(statSync(join(path, 'token')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(path, 'token'), 'utf8').trim()).toBe(token)
  expect(prepareHome(path)).toEqual({ path, token })
  expect(readdirSync(path)).toEqual(['token'])
})

test('an open folder is closed', () => {
  const path = join(folder, 'open')
  mkdirSync(path, { mode: 0o755 })
  prepareHome(path)
  expect(statSync(path).mode & 0o777).toBe(0o700)
})

test('two homes have two tokens', () => {
  expect(prepareHome(join(folder, 'x')).token).not.toBe(prepareHome(join(folder, 'y')).token)
})

test.each([
  ['a file in its place', () => file('in-place'), /in-place cannot be used/],
  ['a path too long for a socket', () => join(folder, 'l'.repeat(90)), /has \d+ bytes; at most \d+ are allowed/],
  ['a place where nobody can make folders', () => '/proc/nowhere/home', /nowhere\/home cannot be used: ENOENT/],
  ['a token that was cut', () => cutToken(), /token holds 3 characters/],
])('%s is home-unusable', (_, makePath, message) => {
  const path = makePath()
  expect(() => prepareHome(path)).toThrow(
    expect.objectContaining({ code: 'home-unusable', message: expect.stringMatching(message) }),
  )
})

function file(name: string): string {
  writeFileSync(join(folder, name), '')
  return join(folder, name)
}

function cutToken(): string {
  const path = join(folder, 'cut')
  mkdirSync(path)
  writeFileSync(join(path, 'token'), 'abc')
  return path
}
