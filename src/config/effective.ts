import { Document, isMap as isYamlMap, isScalar, isSeq } from 'yaml'
import { isMap } from './fields.ts'
import { configJsonSchema, type JsonSchema } from './jsonSchema.ts'
import { overridableFields } from './overridableFields.ts'
import { formatPath, type Path } from './problem.ts'
import { defaultServedBy } from './toOrganisation.ts'
import { valueAt } from './schemaFindings.ts'

/** Who said a value: the product, the organisation's policy, the service, or another part of the file. */
export type Origin = 'default' | 'pipeline' | 'service' | 'file'

/** A file with every default filled in, in the words and units of the file. */
export interface EffectiveConfig {
  readonly config: Readonly<Record<string, unknown>>
  /** Path of each single value → where it came from. */
  readonly origins: Readonly<Record<string, Origin>>
}

type Origins = Record<string, Origin>

/**
 * Fills in what a file without problems leaves open. `data` is the file as it was written (`ConfigSource.data`). A
 * service shows, besides its own fields, every value that `pipeline.mayOverride` lets it change.
 */
export function effectiveConfig(data: unknown): EffectiveConfig {
  const origins: Origins = {}
  const config = fill(configJsonSchema(), data, { path: [], written: true, origins }) as Record<string, unknown>
  fillFrontDoors(config, origins)
  fillPolicies(config, data, origins)
  return { config, origins }
}

/** The same as YAML, with the origin of each value as a comment. */
export function formatEffective({ config, origins }: EffectiveConfig): string {
  const document = new Document(config, { aliasDuplicateObjects: false })
  annotate(document.contents, [], origins)
  return document.toString({ lineWidth: 0 })
}

interface Place {
  readonly path: Path
  /** Written by a person, or part of a default. */
  readonly written: boolean
  readonly origins: Origins
}

function fill(schema: JsonSchema, value: unknown, place: Place): unknown {
  const branch = branchFor(schema, value)
  const below = (key: string | number): Place => ({ ...place, path: [...place.path, key] })
  if (Array.isArray(value)) return value.map((item, i) => fill(branch.items ?? {}, item, below(i)))
  if (!isMap(value) || (branch.properties === undefined && !isMap(branch.additionalProperties)))
    return leafOf(value, place)
  const filled: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(branch.properties ?? {})) {
    const own = value[key]
    if (own !== undefined) filled[key] = fill(inner, own, below(key))
    else if (inner.default !== undefined) filled[key] = fill(inner, inner.default, { ...below(key), written: false })
  }
  if (isMap(branch.additionalProperties)) {
    for (const [key, own] of Object.entries(value)) filled[key] = fill(branch.additionalProperties, own, below(key))
  }
  return filled
}

function leafOf(value: unknown, { path, written, origins }: Place): unknown {
  origins[formatPath(path)] = written ? writtenBy(path) : 'default'
  return value
}

function writtenBy([part]: Path): Origin {
  if (part === 'pipeline' || part === 'analysis') return 'pipeline'
  return part === 'services' ? 'service' : 'file'
}

/** The alternative that a value without problems is: the one whose constants it has, else the one of its type. */
function branchFor(schema: JsonSchema, value: unknown): JsonSchema {
  if (schema.anyOf === undefined) return schema
  const fitting = schema.anyOf.filter((branch) => isMap(value) === (branch.type === 'object'))
  const byConstant = fitting.find((branch) => {
    const constants = Object.entries(branch.properties ?? {}).filter(([, inner]) => inner.const !== undefined)
    return constants.length > 0 && constants.every(([key, inner]) => valueAt(value, [key]) === inner.const)
  })
  return byConstant ?? fitting.at(-1) ?? {}
}

/** The one default that depends on another part of the file. */
function fillFrontDoors(config: Record<string, unknown>, origins: Origins): void {
  const stages = valueAt(config, ['pipeline', 'stages'])
  const production = Array.isArray(stages)
    ? stages.find((stage) => valueAt(stage, ['name']) === 'production')
    : undefined
  for (const [name, environment] of Object.entries((config['environments'] ?? {}) as object)) {
    const front = valueAt(environment, ['front']) as Record<string, unknown>
    if (front['servedBy'] !== undefined) continue
    front['servedBy'] = defaultServedBy(valueAt(production, ['environment']) === name)
    origins[formatPath(['environments', name, 'front', 'servedBy'])] = 'default'
  }
}

function fillPolicies(config: Record<string, unknown>, data: unknown, origins: Origins): void {
  const allowed = Object.keys((valueAt(data, ['pipeline', 'mayOverride']) ?? {}) as object)
  for (const [service, section] of Object.entries((config['services'] ?? {}) as object)) {
    for (const field of allowed) {
      const part = overridableFields.get(field)?.section
      if (part === undefined) continue
      const path = [part, ...field.split('.')]
      const own = ['services', service, ...path]
      if (valueAt(data, own) !== undefined) continue
      setAt(section as Record<string, unknown>, path, valueAt(config, path))
      origins[formatPath(own)] = origins[formatPath(path)] ?? 'default'
    }
  }
}

function setAt(target: Record<string, unknown>, [part, ...rest]: Path, value: unknown): void {
  if (part === undefined) return
  if (rest.length === 0) target[part] = value
  else setAt((target[part] ??= {}) as Record<string, unknown>, rest, value)
}

function annotate(node: unknown, path: Path, origins: Readonly<Origins>): void {
  if (isSeq(node)) node.items.forEach((item, i) => annotate(item, [...path, i], origins))
  else if (isYamlMap(node)) for (const { key, value } of node.items) annotate(value, [...path, String(key)], origins)
  else if (isScalar(node)) {
    const origin = origins[formatPath(path)]
    if (origin !== undefined) node.comment = ` ${origin}`
  }
}
