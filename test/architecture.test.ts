import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { findCircles, findForbiddenImports, importsOf } from './checkImports.ts'
import { findImpurities, findMisshapen } from './checkShape.ts'
import { importTable } from './importTable.ts'
import { readSources, root } from './sourceFiles.ts'

const sources = readSources(['src', 'web'])

describe('who may import whom', () => {
  test('every import of src/ and web/ is in the table', () => {
    expect(sources.size).toBeGreaterThan(100)
    expect(findForbiddenImports(sources)).toEqual([])
  })

  test('every folder of src/ has a row', () => {
    const folders = [...sources.keys()].map((path) => (path.startsWith('web/') ? 'web' : (path.split('/')[1] ?? '')))
    expect([...new Set(folders)].toSorted()).toEqual(Object.keys(importTable).toSorted())
  })

  test('acceptance scripts import nothing of src/', () => {
    const wrong = [...readSources(['acceptance'])].flatMap(([path, text]) =>
      importsOf(text)
        .filter((one) => one.specifier.includes('src/'))
        .map((one) => `${path}:${one.line}`),
    )
    expect(wrong).toEqual([])
  })

  test('nothing imports in circles', () => {
    expect(findCircles(sources)).toEqual([])
  })

  test.each([
    ['static', "import { open } from '../store/open.ts'"],
    ['over several lines', "import {\n  open,\n  close,\n} from '../store/open.ts'"],
    ['type-only', "import type { Open } from '../store/open.ts'"],
    ['type in braces', "import { type Open } from '../store/open.ts'"],
    ['dynamic', "const { open } = await import('../store/open.ts')"],
    ['in a type', "type Open = typeof import('../store/open.ts')"],
    ['side effect', "import '../store/open.ts'"],
    ['re-export', "export { open } from '../store/open.ts'"],
    ['re-export of all', "export * from '../store/open.ts'"],
    ['a package', "import { z } from 'zod'"],
    ['Node', "import { readFile } from 'node:fs/promises'"],
    ['computed', 'await import(name)'],
  ])('a planted forbidden import is found: %s', (_, line) => {
    expect(findForbiddenImports(new Map([['src/engine/queue.ts', line]]))).toHaveLength(1)
  })

  test.each([
    ['a value of the server', "import { routes } from '../../src/http/contract/routes.ts'"],
    ['a type of the engine', "import type { EngineApi } from '../../src/engine/api.ts'"],
    ['Node', "import { readFile } from 'node:fs/promises'"],
    ['another package', "import { z } from 'zod'"],
  ])('a forbidden import of the UI is found: %s', (_, line) => {
    expect(findForbiddenImports(new Map([['web/live/queries.ts', line]]))).toHaveLength(1)
  })

  test('the UI may know the documents of the API as types', () => {
    const line = "import type { Promotion } from '../../src/http/contract/documents.ts'"
    expect(findForbiddenImports(new Map([['web/live/queries.ts', line]]))).toEqual([])
  })

  test('types of the ports are allowed where a value is not', () => {
    const of = (line: string) => findForbiddenImports(new Map([['src/store/open.ts', line]]))
    expect(of("import type { Store } from '../engine/ports.ts'")).toEqual([])
    expect(of("import { Store } from '../engine/ports.ts'")).toEqual(['src/store/open.ts:1 imports engine/ports.ts'])
  })

  test('the CLI loads a composition root lazily, never at once', () => {
    const of = (line: string) => findForbiddenImports(new Map([['src/cli/up.ts', line]]))
    expect(of("const { runUp } = await import('../main/up.ts')")).toEqual([])
    expect(of("import { runUp } from '../main/up.ts'")).toHaveLength(1)
  })

  test('what runs does not import what tests it', () => {
    expect(findForbiddenImports(new Map([['src/domain/a.ts', "import { x } from './b.fixture.ts'"]]))).toHaveLength(1)
    expect(findForbiddenImports(new Map([['src/domain/a.test.ts', "import { x } from './b.fixture.ts'"]]))).toEqual([])
  })

  test('a planted circle is found, one of types alone is none', () => {
    const circle = (word: string) =>
      new Map([
        ['src/domain/a.ts', `${word} { b } from './b.ts'`],
        ['src/domain/b.ts', "import { c } from './c.ts'"],
        ['src/domain/c.ts', "import { a } from './a.ts'"],
      ])
    expect(findCircles(circle('import'))).toEqual([
      'src/domain/a.ts → src/domain/b.ts → src/domain/c.ts → src/domain/a.ts',
    ])
    expect(findCircles(circle('import type'))).toEqual([])
  })
})

describe('shape', () => {
  test('no barrel file, no default export, no long file, no name that says nothing', () => {
    expect(findMisshapen(sources)).toEqual([])
  })

  test.each([
    ['src/engine/index.ts', 'export const a = 1'],
    ['src/engine/all.ts', "// all\nexport { a } from './a.ts'\nexport * from './b.ts'"],
    ['src/engine/a.ts', 'export default 1'],
    ['src/engine/a.ts', 'const a = 1\nexport { a as default }'],
    ['src/engine/a.ts', 'x\n'.repeat(401)],
    ['src/engine/utils.ts', 'export const a = 1'],
    ['src/engine/instanceManager.ts', 'export const a = 1'],
    ['src/engine/a.ts', 'export class InstanceManager {}'],
  ])('a planted fault is found: %s %j', (path, text) => {
    expect(findMisshapen(new Map([[path, text]]))).toHaveLength(1)
  })

  test('a file of 400 lines that exports something of its own is fine', () => {
    expect(findMisshapen(new Map([['src/engine/a.ts', `${'const a = 1\n'.repeat(399)}export { a }\n`]]))).toEqual([])
  })
})

describe('the domain is pure', () => {
  test('no clock, no randomness, no input or output', () => {
    expect(findImpurities(readSources(['src/domain']))).toEqual([])
  })

  test('it compiles without Node', async () => {
    const { stdout } = await promisify(execFile)(`${root}/node_modules/.bin/tsc`, ['-p', 'src/domain'], {
      cwd: root,
    }).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
  })

  test.each([
    'const a = Date.now()',
    'const a = new Date()',
    'if (Math.random() < 0.5) f()',
    "await fetch('x')",
    'process.exit(1)',
    'setTimeout(f, 1)',
    "import { x } from 'node:fs'",
    'performance.now()',
  ])('a planted impurity is found: %s', (line) => {
    expect(findImpurities(new Map([['src/domain/a.ts', line]]))).toHaveLength(1)
  })

  test('a date that is given is pure, and so is a comment about a clock', () => {
    expect(
      findImpurities(
        new Map([['src/domain/a.ts', '/** Never Date.now(). */\nconst a = new Date(atMs) // no Math.random()']]),
      ),
    ).toEqual([])
  })
})
