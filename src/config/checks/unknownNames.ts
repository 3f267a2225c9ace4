import { nearest } from '../../domain/nearest.ts'
import type { Path } from '../problem.ts'
import type { Checked } from './check.ts'

/** A place that names something which is declared elsewhere. */
export interface Reference {
  readonly path: Path
  readonly name: string
  readonly atKey?: boolean
}

export interface Declared {
  /** `service` or `environment`. */
  readonly what: string
  readonly names: readonly string[]
}

/**
 * Reports references to names that nobody declares: each place once. When several places agree on a name and a name
 * close to it is declared but used nowhere, the declaration is the slip, and it is one problem.
 */
export function checkUnknownNames(checked: Checked, references: readonly Reference[], declared: Declared): void {
  const known = new Set(declared.names)
  const used = new Set(references.map((reference) => reference.name))
  const unused = declared.names.filter((name) => !used.has(name))
  const unknown = references.filter(({ name, path }) => !known.has(name) && !checked.isJudged(path))
  for (const [name, places] of Map.groupBy(unknown, (reference) => reference.name)) {
    const declarationSlipped = places.length > 1 && nearest(name, unused) !== undefined
    for (const place of declarationSlipped ? places.slice(0, 1) : places) {
      const meant = nearest(name, declarationSlipped ? unused : declared.names)
      checked.report({
        path: place.path,
        value: name,
        allowed: declared.names.length === 0 ? `a declared ${declared.what}` : declared.names.join(' or '),
        says: `names the ${declared.what} \`${name}\`, which is not declared`,
        ...(meant !== undefined && { nearest: meant }),
        ...(place.atKey && { atKey: true }),
      })
    }
  }
}
