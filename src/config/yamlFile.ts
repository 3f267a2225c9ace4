import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import type { Finding, Path } from './problem.ts'

/** Counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** One read YAML file: its plain data, and where things stand in it. */
export interface YamlFile {
  readonly data: unknown
  /** Keys that a map has twice; the last one is in `data`. */
  readonly duplicates: readonly Finding[]
  /** The nearest thing to `path` that stands in the file. */
  readonly locate: (path: Path, atKey: boolean) => Position | undefined
}

export type YamlReading =
  | { readonly ok: true; readonly file: YamlFile }
  | { readonly ok: false; readonly why: string; readonly position?: Position }

/** Aliases expand; these bounds keep a small file from becoming a large one. */
const maxAliases = 100
const maxValues = 50_000
const maxKeys = 1_000

/** Parses YAML 1.2 into plain data. Never throws: whatever is wrong with the text is the answer. */
export function readYaml(text: string): YamlReading {
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      logLevel: 'error',
    })
    const [error] = [...document.errors, ...document.warnings]
    if (error !== undefined) return refuse(error.message, position(lines, error.pos[0]))
    if (document.directives?.yaml.version !== '1.2')
      return refuse('it asks for another YAML than 1.2', { line: 1, column: 1 })
    const data: unknown = document.toJS({ maxAliasCount: maxAliases })
    if (!isBounded(data)) {
      return refuse(
        `it has more than ${maxValues} values, counting what aliases repeat, or more than ${maxKeys} in one place`,
      )
    }
    const strangeKey = findStrangeKey(document.contents)
    if (strangeKey) return refuse('a key is no plain text', position(lines, strangeKey.range?.[0] ?? 0))
    const duplicates: Finding[] = []
    collectDuplicates(document.contents, [], duplicates)
    return { ok: true, file: { data, duplicates, locate: (path, atKey) => locate(document, lines, path, atKey) } }
  } catch (error) {
    if (error instanceof RangeError) return refuse('it is nested too deeply')
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

function refuse(why: string, at?: Position): YamlReading {
  return { ok: false, why: why.replace(/\s+/g, ' ').slice(0, 300), ...(at && { position: at }) }
}

function position(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

function isBounded(data: unknown): boolean {
  const waiting = [data]
  let seen = 0
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (++seen > maxValues) return false
    if (typeof value === 'object' && value !== null) {
      const inner: unknown[] = Object.values(value)
      if (inner.length > maxKeys) return false
      waiting.push(...inner)
    }
  }
  return true
}

// A map as a key has no place in this schema, and `__proto__` is a key that JavaScript takes for something else.
function findStrangeKey(node: unknown): Node | undefined {
  if (isSeq(node)) return firstOf(node.items, findStrangeKey)
  if (!isMap(node)) return undefined
  return firstOf(node.items, ({ key, value }) => {
    const plain = isScalar(key) && typeof key.value !== 'object' && key.value !== '__proto__'
    return plain ? findStrangeKey(value) : ((key as Node | null) ?? node)
  })
}

function firstOf<T>(items: readonly T[], find: (item: T) => Node | undefined): Node | undefined {
  for (const item of items) {
    const found = find(item)
    if (found) return found
  }
  return undefined
}

function collectDuplicates(node: unknown, path: Path, found: Finding[]): void {
  if (isSeq(node)) node.items.forEach((item, i) => collectDuplicates(item, [...path, i], found))
  if (!isMap(node)) return
  const seen = new Set<string>()
  for (const { key, value } of node.items) {
    const word = keyText(key)
    const here = [...path, word]
    if (seen.has(word))
      found.push({ path: here, value: word, allowed: 'each key once', says: 'stands here twice', atKey: true })
    seen.add(word)
    collectDuplicates(value, here, found)
  }
}

function locate(document: Document, lines: LineCounter, path: Path, atKey: boolean): Position | undefined {
  let node: unknown = document.contents
  let offset = nodeOffset(node)
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    let next: unknown
    if (isSeq(node) && typeof part === 'number') next = node.items[part]
    // The last of equal keys: the one that is a mistake.
    const pair = isMap(node) ? node.items.findLast(({ key }) => keyText(key) === part) : undefined
    if (pair) next = pair.value
    const last = depth === path.length - 1
    const here = nodeOffset((last && atKey) || nodeOffset(next) === undefined ? (pair?.key ?? next) : next)
    if (here === undefined) break
    offset = here
    node = next
  }
  return offset === undefined ? undefined : position(lines, offset)
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key)
}

function nodeOffset(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined
}
