import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { root, readText, type Files } from './sourceFiles.ts'

/** Names that are ordinary English words too: they count only where they are a whole literal or a part of a path. */
const ordinary = new Set(['good', 'tag', 'comment'])

/** Every service and build that the examples have, and the names of the examples. */
export function exampleNames(): readonly string[] {
  return readdirSync(join(root, 'examples')).flatMap((example) => {
    const config = parse(readText(`examples/${example}/cofferdam.yaml`)) as { services: Record<string, unknown> }
    const demo = parse(readText(`examples/${example}/demo.yaml`)) as {
      builds?: Record<string, readonly { readonly name: string }[]>
    }
    return [
      example,
      ...Object.keys(config.services),
      ...Object.values(demo.builds ?? {})
        .flat()
        .map((build) => build.name),
    ]
  })
}

/** Places where a file knows a name of an example, as `file:line name`. */
export function findNames(files: Files, names: readonly string[]): readonly string[] {
  const unique = [...new Set(names)]
  return [...files].flatMap(([path, text]) =>
    text
      .split('\n')
      .flatMap((line, at) => unique.filter((name) => knows(line, name)).map((name) => `${path}:${at + 1} ${name}`)),
  )
}

function knows(line: string, name: string): boolean {
  if (!line.includes(name)) return false
  if (!ordinary.has(name)) return new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(line)
  const literals = line.match(/'[^']*'|"[^"]*"|`[^`]*`/g) ?? []
  return literals.some((literal) => literal.slice(1, -1) === name || new RegExp(`/${name}(?![\\w-])`).test(literal))
}
