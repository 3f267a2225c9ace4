import { z } from 'zod'
import { splitCommand } from './command.ts'
import { nearest } from '../domain/nearest.ts'
import { formatDuration, formatPercent, formatPoints, formatSize } from './units.ts'
import { parseDuration, parsePercent, parsePoints, parseSize, type Quantity } from './units.ts'

/** What a leaf of the schema makes of a value, or what it allows instead. */
export type Reading<T> = { readonly ok: true; readonly value: T } | Refusal

export interface Refusal {
  readonly ok: false
  readonly allowed: string
  readonly nearest?: string
  readonly says?: string
}

export interface Range {
  readonly min: number
  readonly max: number
}

const maxInclusive = Number.MAX_SAFE_INTEGER

/**
 * A leaf of the schema: our own reading of any value, so that each mistake knows what is allowed and what was meant;
 * `json` is what the JSON Schema says about it.
 */
export function leaf<T>(read: (input: unknown) => Reading<T>, json: Readonly<Record<string, unknown>>) {
  return z
    .unknown()
    .transform((input, ctx): T => {
      const reading = read(input)
      if (reading.ok) return reading.value
      ctx.issues.push({ code: 'custom', input, message: reading.allowed, params: { refusal: reading } })
      return z.NEVER
    })
    .meta({ ...json })
}

/** Which alternative was meant; a refusal, with the place it is about, when that cannot be told. */
export type Chosen = number | (Refusal & { readonly at?: string })

/**
 * One of several alternatives, chosen by looking at the value: so a mistake is told in the words of what was meant, and
 * not once per alternative.
 */
export function oneOf<const S extends readonly z.ZodType[]>(schemas: S, choose: (input: unknown) => Chosen) {
  const { $schema: _, ...json } = z.toJSONSchema(z.union(schemas), { io: 'input' })
  return z
    .unknown()
    .transform((input, ctx): z.output<S[number]> => {
      const chosen = choose(input)
      if (typeof chosen !== 'number') {
        const path = chosen.at === undefined ? [] : [chosen.at]
        ctx.issues.push({ code: 'custom', input, path, message: chosen.allowed, params: { refusal: chosen } })
        return z.NEVER
      }
      const result = schemas[chosen]?.safeParse(input)
      if (result?.success) return result.data as z.output<S[number]>
      for (const issue of result?.error.issues ?? []) {
        ctx.issues.push({ ...issue, path: [...issue.path], input } as z.core.$ZodRawIssue)
      }
      return z.NEVER
    })
    .meta(json)
}

/** The one word that says which alternative this is. */
export function literal<const W extends string>(word: W, allowed: string) {
  return leaf<W>((input) => (input === word ? { ok: true, value: word } : { ok: false, allowed, nearest: word }), {
    const: word,
  })
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A map with known keys; every other key is a problem of its own. */
export function section<S extends z.core.$ZodLooseShape>(shape: S) {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? keys : `a map of ${keys}`) })
}

/** A map whose keys are names. */
export function named<K extends z.core.$ZodRecordKey, V extends z.core.SomeType>(key: K, value: V, of: string) {
  return z.record(key, value, { error: () => `a map of ${of}` })
}

export function listOf<V extends z.core.SomeType>(value: V, of: string, counts: Range = { min: 0, max: 1_000 }) {
  const allowed = `a list of ${counts.min > 0 ? `${counts.min} to ${counts.max} ` : ''}${of}`
  return z
    .array(value, { error: () => allowed })
    .min(counts.min, { error: () => allowed })
    .max(counts.max, { error: () => allowed })
}

export function text(what: string, { max = 1_000, pattern }: { max?: number; pattern?: RegExp } = {}) {
  return leaf<string>(
    (input) => {
      if (typeof input === 'string' && input.trim() !== '' && input.length <= max && (pattern?.test(input) ?? true)) {
        return { ok: true, value: input }
      }
      return { ok: false, allowed: what }
    },
    { type: 'string', minLength: 1, maxLength: max, ...(pattern && { pattern: pattern.source }) },
  )
}

export function yesNo() {
  return leaf<boolean>(
    (input) => {
      if (typeof input === 'boolean') return { ok: true, value: input }
      const word = String(input).toLowerCase()
      const meant = ['yes', 'on', 'true', '1'].includes(word)
        ? 'true'
        : ['no', 'off', 'false', '0'].includes(word)
          ? 'false'
          : undefined
      return { ok: false, allowed: 'true or false', ...(meant && { nearest: meant }) }
    },
    { type: 'boolean' },
  )
}

export function choice<const C extends readonly (string | number)[]>(...choices: C) {
  return leaf<C[number]>(
    (input) => {
      const found = choices.find((c) => c === input)
      if (found !== undefined) return { ok: true, value: found }
      const names = choices.map(String)
      const meant = typeof input === 'string' || typeof input === 'number' ? nearest(String(input), names) : undefined
      return { ok: false, allowed: names.join(' or '), ...(meant !== undefined && { nearest: meant }) }
    },
    { enum: [...choices] },
  )
}

/** A number without a unit in [min, max]; `above`: min itself is too small. */
export function number(range: Range, { whole = false, above = false } = {}) {
  const kind = whole ? 'a whole number' : 'a number'
  const allowed = `${kind} ${above ? 'above' : 'from'} ${range.min} to ${range.max}`
  return leaf<number>(
    (input) => {
      const fits =
        typeof input === 'number' && input >= range.min && input <= range.max && !(above && input === range.min)
      if (fits && (!whole || Number.isInteger(input))) return { ok: true, value: input }
      const meant = typeof input === 'string' && input.trim() !== '' ? Number(input) : input
      if (typeof meant !== 'number' || !Number.isFinite(meant)) return { ok: false, allowed }
      const bounded = Math.min(range.max, Math.max(range.min, whole ? Math.round(meant) : meant))
      return above && bounded === range.min ? { ok: false, allowed } : { ok: false, allowed, nearest: String(bounded) }
    },
    { type: whole ? 'integer' : 'number', [above ? 'exclusiveMinimum' : 'minimum']: range.min, maximum: range.max },
  )
}

/** A unit that a value is written in: how it is read, shown and bounded. */
export interface Unit {
  readonly what: string
  readonly parse: (text: string) => Quantity
  readonly format: (value: number) => string
  readonly pattern: string
  readonly examples: readonly string[]
}

export const duration: Unit = {
  what: 'a duration',
  parse: parseDuration,
  format: formatDuration,
  pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$',
  examples: ['250ms', '5s', '10m', '1h'],
}
export const size: Unit = {
  what: 'a size',
  parse: parseSize,
  format: formatSize,
  pattern: '^\\d+(\\.\\d+)?(KB|MB)$',
  examples: ['512KB', '160MB'],
}
export const percent: Unit = {
  what: 'a percentage',
  parse: parsePercent,
  format: formatPercent,
  pattern: '^\\d+(\\.\\d+)?%$',
  examples: ['5%'],
}
export const points: Unit = {
  what: 'percentage points',
  parse: parsePoints,
  format: formatPoints,
  pattern: '^\\d+(\\.\\d+)?pp$',
  examples: ['0.05pp', '1pp'],
}

/** A value with a unit, in the unit's base (ms, bytes, fraction), within [min, max]. */
export function quantity(unit: Unit, range: Partial<Range> = {}) {
  const { min = 0, max = maxInclusive } = range
  const bounds = max === maxInclusive ? '' : `, from ${unit.format(min)} to ${unit.format(max)}`
  const allowed = `${unit.what} with its unit (${unit.examples.join(', ')})${bounds}`
  return leaf<number>(
    (input) => {
      const found = unit.parse(typeof input === 'number' ? String(input) : typeof input === 'string' ? input : '')
      if (!found.ok) return { ...found, allowed }
      if (found.value >= min && found.value <= max) return { ok: true, value: found.value }
      return { ok: false, allowed, nearest: unit.format(found.value < min ? min : max) }
    },
    { type: 'string', pattern: unit.pattern, $comment: allowed },
  )
}

/** A command: split into words, never given to a shell. */
export function command() {
  const allowed = 'a command: a program and its arguments, split at spaces, quotes closed, without a shell'
  return leaf<readonly string[]>(
    (input) => {
      if (typeof input !== 'string') return { ok: false, allowed }
      const split = splitCommand(input)
      return split.ok ? { ok: true, value: split.words } : { ok: false, allowed, says: `is no command, ${split.why}` }
    },
    { type: 'string', minLength: 1, $comment: allowed },
  )
}
