import { nearest } from '../../domain/nearest.ts'
import type { Path } from '../problem.ts'
import { keysAt, mapAt, type Checked } from './check.ts'

/** What environments give to services against what services declare, one service at a time. */
export function checkSettings(checked: Checked): void {
  if (checked.isJudged(['services']) || checked.isJudged(['environments'])) return
  const environments = keysAt(checked.data, ['environments'])
  for (const service of keysAt(checked.data, ['services'])) {
    const path = ['services', service, 'settings']
    if (!checked.isJudged(path)) checkService(checked, service, mapAt(checked.data, path), environments)
  }
}

function checkService(
  checked: Checked,
  service: string,
  declared: Record<string, unknown>,
  environments: string[],
): void {
  const names = Object.keys(declared)
  const usable = environments.filter((environment) => canJudge(checked, service, environment))
  const given = new Map(usable.map((name) => [name, keysAt(checked.data, settingsPath(name, service))]))
  const unknown = unknownUses(checked, service, environments, names)
  const slips = declarationSlips(unknown, names, [...given.values()])
  const reported = new Set<string>()
  for (const use of unknown) {
    const slip = slips.get(use.name)
    if (slip !== undefined && reported.has(use.name)) continue
    reported.add(use.name)
    const meant = slip ?? nearest(use.name, names)
    checked.report({
      path: use.path,
      value: use.name,
      allowed: names.length === 0 ? `nothing, \`${service}\` declares no settings` : names.join(' or '),
      says: `names a setting that \`services.${service}.settings\` does not declare`,
      atKey: true,
      ...(meant !== undefined && { nearest: meant }),
    })
  }
  const slipped = new Set(slips.values())
  const required = names.filter((name) => declared[name] === 'required' && !slipped.has(name))
  reportMissing(checked, service, required, given)
}

/** A setting that no environment gives is one mistake, where it is declared; else each environment without it is one. */
function reportMissing(
  checked: Checked,
  service: string,
  required: readonly string[],
  given: ReadonlyMap<string, readonly string[]>,
): void {
  const declared = keysAt(checked.data, ['services', service, 'settings'])
  // What is given under a slip of its name is reported there.
  const meant = [...given].map(([environment, names]): [string, Set<string | undefined>] => {
    const slips = names.filter((name) => !declared.includes(name)).map((name) => nearest(name, declared))
    return [environment, new Set([...names, ...slips])]
  })
  for (const name of required) {
    const everywhere = given.size > 1 && [...given.values()].every((names) => !names.includes(name))
    const open = meant.filter(([, names]) => !names.has(name))
    for (const [environment] of everywhere ? open.slice(0, 1) : open) {
      const where = everywhere ? `missing in all environments (${[...given.keys()].join(', ')})` : 'missing'
      checked.report({
        path: [...settingsPath(environment, service), name],
        allowed: 'a text, or a reference to a secret',
        says: `is required by \`services.${service}.settings\` and ${where}`,
      })
    }
  }
}

interface Use {
  readonly path: Path
  readonly name: string
}

function unknownUses({ data, isJudged }: Checked, service: string, environments: string[], names: string[]): Use[] {
  const uses: Use[] = []
  for (const environment of environments) {
    const settings = settingsPath(environment, service)
    for (const name of keysAt(data, settings)) uses.push({ path: [...settings, name], name })
    const differs = ['environments', environment, 'differs']
    for (const key of keysAt(data, differs)) {
      if (key.startsWith(`${service}.`)) uses.push({ path: [...differs, key], name: key.slice(service.length + 1) })
      else if (key === service) uses.push({ path: [...differs, key], name: '' })
    }
  }
  return uses.filter((use) => !names.includes(use.name) && !isJudged(use.path))
}

/** Names that several environments agree on, close to a declared one that none of them gives: the declaration slipped. */
function declarationSlips(
  unknown: readonly Use[],
  names: string[],
  given: readonly (readonly string[])[],
): Map<string, string> {
  const unused = names.filter((name) => !given.some((some) => some.includes(name)))
  const slips = new Map<string, string>()
  const seen = new Set<string>()
  for (const { name } of unknown) {
    const meant = seen.has(name) ? nearest(name, unused) : undefined
    if (meant !== undefined) slips.set(name, meant)
    seen.add(name)
  }
  return slips
}

// Not when the environment or its settings are wrong already, nor when they stand under a misspelt or replaced name.
function canJudge({ data, isJudged, namesAt }: Checked, service: string, environment: string): boolean {
  const settings = ['environments', environment, 'settings']
  if (isJudged(settings) || isJudged([...settings, service])) return false
  const services = namesAt(['services'])
  if (keysAt(data, settings).some((name) => services.includes(name) && !Object.hasOwn(mapAt(data, ['services']), name)))
    return false
  const unknown = keysAt(data, settings).filter((name) => !services.includes(name))
  return Object.hasOwn(mapAt(data, settings), service) || nearest(service, unknown) === undefined
}

function settingsPath(environment: string, service: string): Path {
  return ['environments', environment, 'settings', service]
}
