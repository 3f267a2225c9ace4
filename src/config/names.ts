import { leaf, text } from './fields.ts'

const reservedLayers = new Set(['stable', 'canary', 'baseline', 'batch'])
const reservedSettings = /^(?:HOST|PORT|PATH|LANG|TZ|COFFERDAM_.*|DATABASE_(?:.*_)?URL)$/
const namePattern = /^[a-z](?:-?[a-z0-9])*$/

export const longestName = 40

/** A name of ours: it becomes part of host names, folders, headers and metrics. */
export function name(what: string, { layersReserved = true } = {}) {
  const allowed = `${what}: lower-case letters, digits and single dashes, a letter first, at most ${longestName}`
  return leaf<string>(
    (input) => {
      if (typeof input !== 'string' || input.length > longestName || !namePattern.test(input)) {
        const meant = typeof input === 'string' ? repairName(input) : undefined
        return { ok: false, allowed, says: 'is no name', ...(meant !== undefined && { nearest: meant }) }
      }
      if (layersReserved && reservedLayers.has(input)) {
        return {
          ok: false,
          allowed: `${allowed}; not ${[...reservedLayers].join(', ')}`,
          says: 'is the name of a layer',
        }
      }
      return { ok: true, value: input }
    },
    { type: 'string', pattern: namePattern.source, maxLength: longestName },
  )
}

/** A name that is declared elsewhere: whether it is one is judged there, so that one wrong name is one problem. */
export function reference(what: string) {
  return text(what, { max: 200 })
}

/** The name of a setting: an environment variable that the platform does not give itself. */
export function settingName() {
  const pattern = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/
  const allowed = 'the name of an environment variable: letters, digits and _, no digit first, at most 100'
  return leaf<string>(
    (input) => {
      if (typeof input !== 'string' || !pattern.test(input))
        return { ok: false, allowed, says: 'is no name of a setting' }
      if (!reservedSettings.test(input)) return { ok: true, value: input }
      const others = `${allowed}; not HOST, PORT, PATH, LANG, TZ, COFFERDAM_…, DATABASE_…URL`
      return { ok: false, allowed: others, says: 'is set by the platform itself' }
    },
    { type: 'string', pattern: pattern.source },
  )
}

function repairName(input: string): string | undefined {
  const repaired = input
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[-0-9]+|-+$/g, '')
    .slice(0, longestName)
    .replace(/-$/, '')
  return repaired === '' || reservedLayers.has(repaired) ? undefined : repaired
}
