import { dirname, join } from 'node:path/posix'
import { importTable, testBorrows, testPackages, type ImportRule } from './importTable.ts'
import type { Files } from './sourceFiles.ts'

export interface Import {
  readonly specifier: string
  readonly kind: 'value' | 'type' | 'lazy'
  readonly line: number
}

// The formatter puts every import at the start of a line and every literal in quotes: what the patterns rely on.
const statement = /^[ \t]*(?:import|export)(?<type>\s+type\b)?(?<names>[^'";]*?)\sfrom\s*['"](?<specifier>[^'"]+)['"]/gm
const sideEffect = /^[ \t]*import\s*['"](?<specifier>[^'"]+)['"]/gm
const dynamic = /\b(?:import|require|getBuiltinModule)\(\s*(?:['"](?<specifier>[^'"]+)['"])?/gm

/** Every import of a file: static, side effect, type-only, `import()`, also in a type position. */
export function importsOf(text: string): readonly Import[] {
  const code = text.replaceAll(/^[ \t]*(?:\/\/|\*|\/\*).*$/gm, '')
  const lineOf = (at: number) => code.slice(0, at).split('\n').length
  const found: Import[] = []
  for (const match of code.matchAll(statement)) {
    const { type, names = '', specifier = '' } = match.groups ?? {}
    const inner =
      /\{(?<list>[^}]*)\}/
        .exec(names)
        ?.groups?.['list']?.split(',')
        .filter((name) => name.trim() !== '') ?? []
    const isType =
      type !== undefined || (inner.length > 0 && /^\s*\{/.test(names) && inner.every((name) => /^\s*type\s/.test(name)))
    found.push({ specifier, kind: isType ? 'type' : 'value', line: lineOf(match.index) })
  }
  for (const match of code.matchAll(sideEffect))
    found.push({ specifier: match.groups?.['specifier'] ?? '', kind: 'value', line: lineOf(match.index) })
  // A name that is computed cannot be checked: it stays empty and is a violation.
  for (const match of code.matchAll(dynamic))
    found.push({ specifier: match.groups?.['specifier'] ?? '', kind: 'lazy', line: lineOf(match.index) })
  return found
}

/** `domain/holds.ts` for what lies under `src/`, the package's name for anything else. */
export function targetOf(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  const target = join(dirname(path), specifier)
  return target.startsWith('src/') ? target.slice(4) : target
}

/** Tests, contract suites and what only they use. */
export function isTestFile(path: string): boolean {
  return /(?:\.test|\.fixture)\.ts$|\/(?:contract|testBed|testTables|underTest|fakeEngine)\.ts$/.test(path)
}

/** Imports of `src/` and `web/` that the table does not allow, as `file:line what`. */
export function findForbiddenImports(files: Files): readonly string[] {
  const wrong: string[] = []
  for (const [path, text] of files) {
    const folder = path.startsWith('web/') ? 'web' : (path.split('/')[1] ?? '')
    const rule = importTable[folder]
    for (const found of importsOf(text)) {
      const where = `${path}:${found.line}`
      if (found.specifier === '') wrong.push(`${where} imports a name that is computed`)
      else if (!rule) wrong.push(`${where} is in a folder that is not in the table`)
      else if (!isAllowed(path, folder, rule, found))
        wrong.push(
          `${where} imports ${targetOf(path, found.specifier)}${found.kind === 'value' ? '' : ` (${found.kind})`}`,
        )
      if (isTestFile(targetOf(`src/${folder}/x.ts`, found.specifier)) && !isTestFile(path))
        wrong.push(`${where} imports the test file ${found.specifier}`)
    }
  }
  return wrong
}

function isAllowed(path: string, folder: string, rule: ImportRule, { specifier, kind }: Import): boolean {
  const target = targetOf(path, specifier)
  const isTest = isTestFile(path)
  if (!specifier.startsWith('.')) return matches(rule.packages, target) || (isTest && matches(testPackages, target))
  const within = (places: readonly string[]) =>
    places.some((place) => target === place || target.startsWith(`${place}/`))
  if (within(rule.ours)) return true
  if (kind === 'type' && within(rule.types ?? [])) return true
  if (kind === 'lazy' && within(rule.lazy ?? [])) return true
  if (target === 'package.json') return folder === 'main'
  return isTest && within(testBorrows[folder] ?? [])
}

function matches(packages: readonly string[], name: string): boolean {
  return packages.some((one) => one === name || (one === 'node:*' && name.startsWith('node:')))
}

/** Circles of imports that are not only types; each once, as `a → b → a`. */
export function findCircles(files: Files): readonly string[] {
  const next = new Map<string, readonly string[]>()
  for (const [path, text] of files) {
    const targets = importsOf(text)
      .filter((one) => one.kind === 'value' && one.specifier.startsWith('.'))
      .map((one) => join(dirname(path), one.specifier))
    next.set(
      path,
      targets.filter((target) => files.has(target)),
    )
  }
  const circles: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  function visit(path: string, trail: readonly string[]): void {
    state.set(path, 'open')
    for (const target of next.get(path) ?? []) {
      if (state.get(target) === 'open') circles.push([...trail.slice(trail.indexOf(target)), target].join(' → '))
      else if (!state.has(target)) visit(target, [...trail, target])
    }
    state.set(path, 'done')
  }
  for (const path of next.keys()) if (!state.has(path)) visit(path, [path])
  return circles
}
