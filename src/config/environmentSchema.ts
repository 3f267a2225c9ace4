import { z } from 'zod'
import { choice, isMap, leaf, named, number, oneOf, section, text } from './fields.ts'
import { frontSchema } from './frontSchema.ts'
import { reference } from './names.ts'

/** A reference to a secret; the value itself never stands in a file. */
export interface SecretReference {
  readonly from: 'env' | 'file'
  readonly name: string
}

/** One entry of `environments:`. */
export function environmentSchema() {
  const hosts = () => number({ min: 1, max: 1_000 }, { whole: true })
  const service = () => reference('the name of a service')
  return section({
    hosts: oneOf([hosts(), named(service(), hosts(), 'services and their hosts')], byShape)
      .prefault(1)
      .describe('Hosts of each service, or a map by service; a service that the map does not name has 1.'),
    egress: choice('none')
      .prefault('none')
      .describe('What may leave towards a base. An environment without a base is whole: what is not in it is refused.'),
    base: notYet('nothing: an environment on a base comes with partial staging, which does not exist yet')
      .optional()
      .describe('Not allowed yet.'),
    front: frontSchema().prefault({}).describe('Where the requests of its users enter.'),
    settings: named(
      service(),
      named(reference('the name of a setting'), settingSchema(), 'settings and their values'),
      'services and their settings',
    )
      .prefault({})
      .describe('Service → setting → value.'),
    differs: named(
      z.string(),
      text('a reason, an owner and a date', { max: 500 }),
      '`<service>.<SETTING>` and a reason',
    )
      .prefault({})
      .describe('Declared differences from production: `<service>.<SETTING>` → reason, owner, until when.'),
  })
}

export type EnvironmentSection = z.output<ReturnType<typeof environmentSchema>>
export type SettingSection = EnvironmentSection['settings'][string][string]

function settingSchema() {
  const secret = section({
    secret: secretReference().describe('`env:NAME` or `file:PATH`; read at start, never stored.'),
  })
  return oneOf([settingText(), secret], byShape)
}

function settingText() {
  const allowed = 'a text in quotes, or { secret: env:NAME } or { secret: file:PATH }'
  return leaf<string>(
    (input) => {
      if (typeof input === 'string' && !input.includes('\0')) return { ok: true, value: input }
      const plain = typeof input === 'number' || typeof input === 'boolean'
      return { ok: false, allowed, ...(plain && { nearest: JSON.stringify(String(input)) }) }
    },
    { type: 'string' },
  )
}

function secretReference() {
  const pattern = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0]+)$/
  return leaf<SecretReference>(
    (input) => {
      if (typeof input === 'string' && pattern.test(input)) {
        const colon = input.indexOf(':')
        return { ok: true, value: { from: input.startsWith('env:') ? 'env' : 'file', name: input.slice(colon + 1) } }
      }
      return { ok: false, allowed: 'env:NAME or file:PATH', says: 'is no reference to a secret' }
    },
    { type: 'string', pattern: '^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$' },
  )
}

function notYet(allowed: string) {
  return leaf<never>(() => ({ ok: false, allowed, says: 'is refused' }), { not: {} })
}

function byShape(input: unknown): number {
  return isMap(input) ? 1 : 0
}
