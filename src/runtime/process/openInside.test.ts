import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openInside } from './openInside.ts'

let top: string
let root: string
beforeEach(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'cofferdam-inside-')))
  root = join(top, 'root')
  await mkdir(join(root, 'a'), { recursive: true })
  await mkdir(join(top, 'outside'))
  await writeFile(join(root, 'a/file'), 'ours')
  await writeFile(join(top, 'outside/file'), 'secret')
})
afterEach(() => rm(top, { recursive: true, force: true }))

async function read(path: string): Promise<string> {
  const file = await openInside(root, path)
  try {
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

test('a plain file of the folder is read', async () => {
  expect(await read('a/file')).toBe('ours')
})

test('a file that became a link, and one below a folder that became a link, are refused and not read', async () => {
  await unlink(join(root, 'a/file'))
  await symlink('../../outside/file', join(root, 'a/file'))
  await expect(read('a/file')).rejects.toMatchObject({ code: 'not-a-service-folder', message: /a link now/ })
  await rename(join(root, 'a'), join(root, 'b'))
  await symlink('../outside', join(root, 'a'))
  await expect(read('a/file')).rejects.toMatchObject({
    code: 'not-a-service-folder',
    message: expect.stringContaining(`at "${join(top, 'outside/file')}", out of the folder`) as string,
  })
})

test('a pipe, a socket-like file and a device in its place are refused without waiting for them', async () => {
  await unlink(join(root, 'a/file'))
  execFileSync('mkfifo', [join(root, 'a/file')])
  await expect(read('a/file')).rejects.toThrow(/no plain file any more/)
  await unlink(join(root, 'a/file'))
  await mkdir(join(root, 'a/file'))
  await expect(read('a/file')).rejects.toThrow(/no plain file any more/)
})

test('one that is gone is told as such, so that the snapshot is tried again', async () => {
  await unlink(join(root, 'a/file'))
  await expect(read('a/file')).rejects.toMatchObject({ code: 'ENOENT' })
})
