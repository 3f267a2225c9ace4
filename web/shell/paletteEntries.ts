import type { Promotion, Status } from '../../src/http/contract/documents.ts'
import { type ActionName, findOffReason, toCommand } from '../actions/actions.ts'
import { buildOf, isUnderWay } from '../live/needs.ts'
import { places } from './places.ts'
import { density, letters, theme, times } from './preferences.ts'

export interface PaletteEntry {
  readonly key: string
  readonly group: 'Go to' | 'Run' | 'This browser'
  readonly title: string
  /** The same on the command line; absent for what only this browser knows. */
  readonly command?: string
  /** Why it cannot be used now. */
  readonly off?: string
  readonly target:
    | { readonly kind: 'page'; readonly to: string }
    | { readonly kind: 'action'; readonly name: ActionName; readonly promotion: Promotion }
    | { readonly kind: 'deploy'; readonly service: string }
    | { readonly kind: 'preference'; readonly choose: () => void }
}

const mostShown = 40
const recentPromotions = 20

/** Pages and actions that fit the words, best first; `>` at the beginning leaves the actions only. */
export function findEntries(parts: {
  readonly words: string
  readonly promotions: readonly Promotion[]
  readonly status?: Status
  /** Why nothing can be changed at all. */
  readonly off?: string
}): readonly PaletteEntry[] {
  const { promotions, status, off } = parts
  const onlyRun = parts.words.startsWith('>')
  const words = parts.words.replace(/^>/, '').toLowerCase().split(/\s+/).filter(Boolean)
  const services = servicesOf(status)
  const all = [
    ...(onlyRun ? [] : [...placeEntries(), ...promotions.slice(0, recentPromotions).map(promotionEntry)]),
    ...(onlyRun ? [] : [...environmentEntries(status), ...services.map(serviceEntry)]),
    ...promotions.filter(isUnderWay).flatMap((one) => actionEntries(one, ['Abort', 'Pass hold', 'Retry'], off)),
    ...promotions
      .filter((one) => !isUnderWay(one))
      .slice(0, 3)
      .flatMap((one) => actionEntries(one, ['Retry'], off)),
    ...services.map((service) => deployEntry(service, off)),
    ...(onlyRun ? [] : preferenceEntries()),
  ]
  return all
    .filter(({ title, command }) => words.every((word) => `${title} ${command ?? ''}`.toLowerCase().includes(word)))
    .slice(0, mostShown)
}

function placeEntries(): readonly PaletteEntry[] {
  return places.map(({ to, name, command }) => ({
    key: to,
    group: 'Go to',
    title: name,
    command,
    target: { kind: 'page', to },
  }))
}

function servicesOf(status: Status | undefined): readonly string[] {
  return [...new Set(status?.environments.flatMap((one) => one.services.map(({ name }) => name)) ?? [])]
}

function serviceEntry(name: string): PaletteEntry {
  return {
    key: `service ${name}`,
    group: 'Go to',
    title: `Service ${name}`,
    command: `./cofferdam service show ${name}`,
    target: { kind: 'page', to: `/services/${encodeURIComponent(name)}` },
  }
}

function environmentEntries(status: Status | undefined): readonly PaletteEntry[] {
  return (status?.environments ?? []).map(({ name }) => ({
    key: `environment ${name}`,
    group: 'Go to',
    title: `Environment ${name}`,
    command: `./cofferdam environment show ${name}`,
    target: { kind: 'page', to: `/environments/${encodeURIComponent(name)}` },
  }))
}

/** What a person chose for this browser, and the other choices. */
function preferenceEntries(): readonly PaletteEntry[] {
  return [theme, density, times, letters].flatMap(({ name, others }) =>
    others().map(
      ({ value, choose }): PaletteEntry => ({
        key: `${name} ${value}`,
        group: 'This browser',
        title: `${name.charAt(0).toUpperCase()}${name.slice(1)}: ${value}`,
        target: { kind: 'preference', choose },
      }),
    ),
  )
}

function promotionEntry(promotion: Promotion): PaletteEntry {
  const where = isUnderWay(promotion) ? `${promotion.phase} in ${promotion.stage}` : promotion.phase
  return {
    key: promotion.id,
    group: 'Go to',
    title: `${promotion.service} ${buildOf(promotion).name}, ${where}`,
    command: `./cofferdam promotion show ${promotion.id}`,
    target: { kind: 'page', to: `/promotions/${promotion.id}` },
  }
}

function actionEntries(
  promotion: Promotion,
  names: readonly ActionName[],
  general: string | undefined,
): readonly PaletteEntry[] {
  return names.map((name) => {
    const off = findOffReason(name, promotion) ?? general
    return {
      key: `${name} ${promotion.id}`,
      group: 'Run',
      title: `${name}: ${promotion.service} ${buildOf(promotion).name}`,
      command: toCommand(name, promotion, ''),
      ...(off === undefined ? {} : { off }),
      target: { kind: 'action', name, promotion },
    }
  })
}

function deployEntry(service: string, off: string | undefined): PaletteEntry {
  return {
    key: `deploy ${service}`,
    group: 'Run',
    title: `Deploy a build of ${service}`,
    command: `./cofferdam deploy ${service}`,
    ...(off === undefined ? {} : { off }),
    target: { kind: 'deploy', service },
  }
}
