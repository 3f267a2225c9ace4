import { configJsonSchema, type JsonSchema } from './jsonSchema.ts'

interface Row {
  readonly path: string
  readonly type: string
  readonly fallback: string
  readonly text: string
}

const intro = `# \`cofferdam.yaml\`

This page is generated from the schema that reads the file; \`cofferdam validate --schema\` prints it for your editor.

- **Durations** are written with a unit: \`250ms\`, \`5s\`, \`10m\`, \`1h\`.
- **Sizes** are \`KB\` or \`MB\`: 1 MB is 1,024 KB, 1 KB is 1,024 bytes.
- **Percentages** are written \`5%\` (0.05); percentage points that are added, \`1pp\` (0.01).
- **Commands** are split into words at spaces; \`'…'\` and \`"…"\` keep spaces together. No shell ever sees them: no variables,
  no \`&&\`, no pipes.
- **Paths** are relative to the file they stand in.
- An unknown key, a wrong type or unit, an unknown name and a bound that is passed are problems. All of them are told at
  once, and nothing of a file with problems is applied.
`

/** Overrides repeat the organisation's fields; the page shows those once. */
const notRepeated = new Set(['services.<service>.pipeline', 'services.<service>.analysis'])

/** `docs/reference/config.md`: every key of the file with its type, default and meaning. */
export function referencePage(): string {
  const { properties = {}, required = [] } = configJsonSchema()
  const sections = Object.entries(properties).map(([key, schema]) => {
    const rows = rowsOf(key, schema, required.includes(key))
    const lines = rows.map(
      ({ path, type, fallback, text }) => `| ${[`\`${path}\``, type, fallback, text].map(cell).join(' | ')} |`,
    )
    return `## \`${key}\`\n\n| key | type | default | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`
  })
  return [intro, ...sections].join('\n')
}

function rowsOf(path: string, schema: JsonSchema, required: boolean): Row[] {
  const own: Row = { path, type: typeOf(schema), fallback: fallbackOf(schema, required), text: meaningOf(schema) }
  if (notRepeated.has(path)) return [own]
  // Each bound is `from` and `to` in the unit of its field: one row says it.
  if (path.startsWith('pipeline.mayOverride.')) {
    return [{ ...own, type: `map of \`from\` and \`to\`: ${typeOf(schema.properties?.['to'] ?? {})}` }]
  }
  return [own, ...rowsInside(path, schema)]
}

function rowsInside(path: string, schema: JsonSchema): Row[] {
  if (schema.anyOf) return schema.anyOf.flatMap((branch) => rowsInside(path + constantOf(branch), branch))
  if (schema.items) return rowsInside(`${path}[]`, schema.items)
  const rows = Object.entries(schema.properties ?? {})
    .filter(([, inner]) => inner.not === undefined || inner.type !== undefined)
    .flatMap(([key, inner]) => rowsOf(`${path}.${key}`, inner, schema.required?.includes(key) ?? false))
  const { additionalProperties: named } = schema
  if (typeof named !== 'object') return rows
  const inside = `${path}.<${placeholder(path)}>`
  return [...rows, ...(named.description === undefined ? rowsInside(inside, named) : rowsOf(inside, named, false))]
}

/** ` (canary)`: which of several alternatives the rows are about. */
function constantOf(branch: JsonSchema): string {
  const found = Object.values(branch.properties ?? {}).find((inner) => inner.const !== undefined)
  return typeof found?.const === 'string' ? ` (${found.const})` : ''
}

function placeholder(path: string): string {
  if (path === 'environments') return 'environment'
  if (path === 'services' || /^environments\.<environment>\.(?:hosts|settings)$/.test(path)) return 'service'
  if (path.includes('.settings')) return 'SETTING'
  if (path.endsWith('.differs')) return 'service>.<SETTING'
  if (path.endsWith('.data')) return 'store'
  return path.endsWith('.tests') ? 'test' : 'name'
}

function typeOf(schema: JsonSchema): string {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  if (typeof schema.const === 'string') return `\`${schema.const}\``
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.type === 'object') return 'map'
  if (schema.type === 'integer' || schema.type === 'number') return numberType(schema)
  return schema.$comment ?? (schema.type === 'string' ? 'text' : (schema.type ?? 'anything'))
}

function numberType({ type, minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const kind = type === 'integer' ? 'whole number' : 'number'
  if (exclusiveMinimum !== undefined) return `${kind} above ${exclusiveMinimum} to ${maximum}`
  return minimum === undefined ? kind : `${kind} from ${minimum} to ${maximum}`
}

function fallbackOf(schema: JsonSchema, required: boolean): string {
  if (required) return '**required**'
  if (schema.default === undefined || JSON.stringify(schema.default) === '{}') return '–'
  return typeof schema.default === 'string' ? `\`${schema.default}\`` : `\`${JSON.stringify(schema.default)}\``
}

function meaningOf(schema: JsonSchema): string {
  return schema.description ?? '–'
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
