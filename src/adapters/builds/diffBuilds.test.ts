import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createDiffBuilds } from './diffBuilds.ts'
import { diffLines } from './diffLines.ts'

const folder = mkdtempSync(join(tmpdir(), 'cofferdam-diff-'))
afterAll(() => rmSync(folder, { recursive: true }))
const diff = createDiffBuilds((digest) => join(folder, digest))

function makeTree(name: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, path, '..'), { recursive: true })
    writeFileSync(join(folder, name, path), text)
  }
}

test('names added, removed and changed files and shows small texts', async () => {
  makeTree('a', {
    'src/main.ts': 'one\ntwo\nthree\n',
    gone: 'x\n',
    same: 'same\n',
    'run.sh': 'x\n',
    picture: '\0a',
    huge: 'x'.repeat(300_000),
  })
  makeTree('b', {
    'src/main.ts': 'one\n2\nthree\n',
    'new.ts': 'n\n',
    same: 'same\n',
    'run.sh': 'x\n',
    picture: '\0b',
    huge: 'y'.repeat(300_000),
  })
  chmodSync(join(folder, 'b', 'run.sh'), 0o755)
  symlinkSync('/etc/passwd', join(folder, 'b', 'link'))
  const { files, truncated } = await diff('a', 'b')
  expect(truncated).toBe(false)
  expect(files).toEqual([
    { path: 'gone', change: 'removed', text: '@@ -1,1 +0,0 @@\n-x\n' },
    { path: 'huge', change: 'changed', note: expect.stringContaining('300000 bytes') },
    { path: 'link', change: 'added', text: '@@ -0,0 +1,1 @@\n+/etc/passwd\n\\ No newline at end of file\n' },
    { path: 'new.ts', change: 'added', text: '@@ -0,0 +1,1 @@\n+n\n' },
    { path: 'picture', change: 'changed', note: expect.stringContaining('binary') },
    { path: 'run.sh', change: 'changed', note: 'now executable' },
    { path: 'src/main.ts', change: 'changed', text: '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n' },
  ])
})

test('files that are linked together are not read', async () => {
  makeTree('c', { f: 'x' })
  mkdirSync(join(folder, 'd'))
  linkSync(join(folder, 'c', 'f'), join(folder, 'd', 'f'))
  expect((await diff('c', 'd')).files).toEqual([])
})

test('at most 500 files are listed', async () => {
  makeTree('e', {})
  mkdirSync(join(folder, 'e'), { recursive: true })
  makeTree('f', Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`f${index}`, ''])))
  expect(await diff('e', 'f')).toMatchObject({ files: { length: 500 }, truncated: true })
})

test('a rewritten text is given up', () => {
  const text = (word: string): string => Array.from({ length: 800 }, (_, index) => `${word}${index}\n`).join('')
  expect(diffLines(text('a'), text('b'))).toBeUndefined()
})

test('the hunks make the second text of the first', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(patch(before, diffLines(before, after) ?? 'given up')).toBe(after)
    }),
  )
})

/** Applies a unified diff, and insists that every line of it is where it says. */
function patch(before: string, difference: string): string {
  const lines = before.split('\n').slice(0, -1)
  const made: string[] = []
  let next = 0
  for (const line of difference.split('\n').slice(0, -1)) {
    const start = /^@@ -(?<start>\d+),(?<count>\d+) /.exec(line)?.groups
    if (start !== undefined) {
      const until = Number(start['start']) - (start['count'] === '0' ? 0 : 1)
      made.push(...lines.slice(next, until))
      next = until
    } else {
      if (!line.startsWith('+')) expect(lines[next++]).toBe(line.slice(1))
      if (!line.startsWith('-')) made.push(line.slice(1))
    }
  }
  made.push(...lines.slice(next))
  return made.map((line) => `${line}\n`).join('')
}
