import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { treeLimits } from './tree.ts'
import { createHome } from './underTest.ts'
import type { HomeUnderTest } from './underTest.ts'

const run = ['node', 'main.mjs']
let home: HomeUnderTest
beforeEach(async () => {
  home = await createHome()
})
afterEach(() => home.close())

test('the same content gives the same digest; a byte, a mode, a path or the command gives another', async () => {
  const files = { 'main.mjs': 'one', 'lib/a.mjs': 'two' }
  const digestOf = async (change: (folder: string) => Promise<void> = async () => undefined, command = run) => {
    const folder = await home.folder(files)
    await change(folder)
    return (await home.builds.snapshot(folder, command)).digest
  }
  const digest = await digestOf()
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(await digestOf()).toBe(digest)
  expect(await digestOf((folder) => writeFile(join(folder, 'main.mjs'), 'one', { flush: true }))).toBe(digest)
  const others = await Promise.all([
    digestOf((folder) => writeFile(join(folder, 'main.mjs'), 'onE')),
    digestOf((folder) => chmod(join(folder, 'main.mjs'), 0o755)),
    digestOf((folder) => writeFile(join(folder, 'lib/b.mjs'), '')),
    digestOf((folder) => mkdir(join(folder, 'empty'))),
    digestOf(undefined, ['node', 'main.mjs', '--x']),
    digestOf(undefined, ['node', 'main.mjs --x']),
  ])
  expect(new Set([digest, ...others]).size).toBe(7)
})

test('the tree is itself, whole, read-only, without .git, and shares nothing with the source', async () => {
  const folder = await home.folder({
    'main.mjs': 'one',
    'bin/run': 'two',
    '.git/config': 'x',
    'lib/.git': 'y',
    'node_modules/m/i.js': 'z',
  })
  await chmod(join(folder, 'bin/run'), 0o700)
  await symlink('../main.mjs', join(folder, 'lib/link'))
  const { digest, bytes, files } = await home.builds.snapshot(folder, run)
  const tree = home.builds.path(digest)
  expect(tree).toBe(join(home.home, 'builds', digest.slice(7)))
  expect((await readdir(tree, { recursive: true })).sort()).toEqual([
    'bin',
    'bin/run',
    'lib',
    'lib/link',
    'main.mjs',
    'node_modules',
    'node_modules/m',
    'node_modules/m/i.js',
  ])
  expect({ bytes, files }).toEqual({ bytes: 7, files: 4 })
  expect((await stat(join(tree, 'main.mjs'))).mode & 0o777).toBe(0o444)
  expect((await stat(join(tree, 'bin/run'))).mode & 0o777).toBe(0o555)
  await writeFile(join(folder, 'main.mjs'), 'garbage')
  expect(await readFile(join(tree, 'lib/link'), 'utf8')).toBe('one')
  expect(await home.builds.has(digest)).toBe(true)
  expect(await home.builds.has(`sha256:${'0'.repeat(64)}`)).toBe(false)
  expect(await home.builds.has('../../etc')).toBe(false)
})

test('equal files of two snapshots are one file on disk; a damaged shared file is not shared again', async () => {
  const inode = async (digest: string, name: string) => (await stat(join(home.builds.path(digest), name))).ino
  const first = await home.builds.snapshot(await home.folder({ same: 'content', other: '1' }), run)
  const second = await home.builds.snapshot(await home.folder({ same: 'content', other: '2' }), run)
  expect(await inode(second.digest, 'same')).toBe(await inode(first.digest, 'same'))
  expect(await inode(second.digest, 'other')).not.toBe(await inode(first.digest, 'other'))
  const shared = join(home.builds.path(first.digest), 'same')
  await chmod(shared, 0o644)
  await writeFile(shared, 'damaged')
  const third = await home.builds.snapshot(await home.folder({ same: 'content', other: '3' }), run)
  expect(await readFile(join(home.builds.path(third.digest), 'same'), 'utf8')).toBe('content')
})

test('many snapshots of the same folder at once are one build', async () => {
  const folder = await home.folder({ 'main.mjs': 'one' })
  const all = await Promise.all(Array.from({ length: 8 }, () => home.builds.snapshot(folder, run)))
  expect(new Set(all.map((one) => one.digest)).size).toBe(1)
  expect(await readdir(join(home.home, 'builds'))).toEqual([all[0]?.digest.slice(7)])
})

test('a home inside the folder is left out', async () => {
  const folder = join(home.home, '..')
  await writeFile(join(folder, 'main.mjs'), 'one')
  const { digest } = await home.builds.snapshot(folder, run)
  expect(await readdir(home.builds.path(digest))).toEqual(['main.mjs'])
})

test('a folder without the file that the command of the service runs is not the service', async () => {
  const folder = await home.folder({ 'readme.md': 'x', 'bin/run': '#!/bin/sh' })
  for (const [command, named] of [
    [run, 'main.mjs'],
    [['./run', '--x'], './run'],
  ] as const) {
    const attempt = home.builds.snapshot(folder, command, true)
    await expect(attempt).rejects.toMatchObject({ code: 'not-a-service-folder' })
    await expect(attempt).rejects.toThrow(`holds no "${named}"`)
    // Another command than the service's own is meant as it is.
    await home.builds.snapshot(folder, command)
  }
  for (const command of [['bin/run'], ['sh', 'missing'], ['node', '--test'], ['node', 'readme.md']])
    await home.builds.snapshot(folder, command, true)
})

test('what cannot be a build is refused by name, and leaves nothing', async () => {
  const refused = async (
    prepare: (folder: string) => Promise<unknown>,
    names: RegExp,
    files: Record<string, string> = { 'main.mjs': 'one' },
  ) => {
    const folder = await home.folder(files)
    await mkdir(folder, { recursive: true })
    await prepare(folder)
    const attempt = home.builds.snapshot(folder, run)
    await expect(attempt).rejects.toMatchObject({ code: 'not-a-service-folder' })
    await expect(attempt).rejects.toThrow(names)
  }
  await refused(async () => undefined, /holds no file/, {})
  await refused((folder) => rm(folder, { recursive: true }), /source-\d+" cannot be opened/)
  await refused(
    (folder) => symlink('../outside', join(folder, 'link')),
    /link ".*link" points to "\.\.\/outside", out of the folder/,
  )
  await refused((folder) => symlink(join(folder, 'main.mjs'), join(folder, 'absolute')), /must be relative/)
  await refused(async (folder) => {
    await mkdir(join(folder, 'a/b'), { recursive: true })
    await symlink('../..', join(folder, 'a/b/up'))
    await symlink('up/../source-1', join(folder, 'a/b/sly'))
  }, /sly" points to "up\/\.\.\/source-1", out of the folder/)
  await refused(async (folder) => execFileSync('mkfifo', [join(folder, 'pipe')]), /pipe" is a named pipe/)
  const server = createServer()
  await refused((folder) => new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve)), /s" is a socket/)
  server.close()
  await refused(
    (folder) => writeFile(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), ''),
    /a name that is not UTF-8 \(bytes 636166e9\)/,
  )
  await refused(async (folder) => {
    await mkdir(join(folder, 'deep'))
    await symlink('/proc/self/environ', join(folder, 'deep/environ'))
  }, /out of the folder/)
  await expect(home.builds.snapshot(join(await home.folder({ f: '' }), 'f'), run)).rejects.toThrow(
    /is a file, not a folder/,
  )
  expect(await readdir(join(home.home, 'builds')).catch(() => [])).toEqual([])
})

test.runIf(process.getuid?.() === 0)('a device is refused by name', async () => {
  const folder = await home.folder({ 'main.mjs': 'one' })
  execFileSync('mknod', [join(folder, 'null'), 'c', '1', '3'])
  await expect(home.builds.snapshot(folder, run)).rejects.toThrow(/null" is a device/)
})

test('names that look like ways out are names', async () => {
  const odd = ['..\\up', '...', '..;', 'a\nb', ' ', '-rf', '%2e%2e%2fup', '\u202egnp.js', 'x'.repeat(255), '$(id)']
  const folder = await home.folder(Object.fromEntries(odd.map((name) => [name, name])))
  const { digest } = await home.builds.snapshot(folder, run)
  expect((await readdir(home.builds.path(digest))).sort()).toEqual(odd.toSorted())
  for (const name of odd) expect(await readFile(join(home.builds.path(digest), name), 'utf8')).toBe(name)
  expect(await readdir(home.home)).toEqual(expect.not.arrayContaining(['up']))
})

test('more than 512 MB is too large', async () => {
  const folder = await home.folder({ 'main.mjs': 'one' })
  await truncate(join(folder, 'main.mjs'), treeLimits.bytes + 1)
  await expect(home.builds.snapshot(folder, run)).rejects.toMatchObject({
    code: 'too-large',
    message: expect.stringContaining('512 MB') as string,
  })
})

test('what a snapshot that died left behind is removed by the next', async () => {
  await mkdir(join(home.home, 'builds/.tmp-1-dead/x'), { recursive: true })
  const { digest } = await home.builds.snapshot(await home.folder({ 'main.mjs': 'one' }), run)
  expect(await readdir(join(home.home, 'builds'))).toEqual([digest.slice(7)])
})
