import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockHome } from '../store/lock.ts'
import { claimHome, refuseSupervised } from './claimHome.ts'
import { forgetApi } from './apiFile.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cofferdam-claim-'))
})
afterEach(() => rmSync(home, { recursive: true }))

test('a home that a supervisor keeps is refused before anything of it is touched, with the pids of both', async () => {
  const supervisor = await claimHome(home, false)
  const controlPlane = lockHome(home)
  await expect(claimHome(home, false)).rejects.toMatchObject({
    code: 'home-locked',
    message: expect.stringMatching(/control plane with pid \d+, which the supervisor with pid \d+/),
    details: { pid: process.pid, supervisor: process.pid },
  })
  controlPlane.release()
  await expect(claimHome(home, true)).rejects.toMatchObject({ code: 'home-locked' })
  supervisor.release()
  expect(() => refuseSupervised(home)).not.toThrow()
  ;(await claimHome(home, true)).release()
})

test('a control plane that leaves is waited for; one that may be adopted is not', async () => {
  const controlPlane = lockHome(home)
  ;(await claimHome(home, true)).release()
  const claimed = claimHome(home, false)
  setTimeout(() => controlPlane.release(), 300)
  ;(await claimed).release()
})

test('the address of the API is forgotten with the API, that of another run stays', () => {
  const path = join(home, 'api.json')
  writeFileSync(path, '{"api":"http://127.0.0.1:2","pid":2}')
  forgetApi(home, 'http://127.0.0.1:1')
  expect(existsSync(path)).toBe(true)
  forgetApi(home, 'http://127.0.0.1:2')
  expect(existsSync(path)).toBe(false)
  forgetApi(home, 'http://127.0.0.1:2')
})
