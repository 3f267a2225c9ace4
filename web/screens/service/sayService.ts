import type { HourSlice } from '../../../src/http/contract/catalogDocuments.ts'
import type { Promotion, ServiceDocument, Status } from '../../../src/http/contract/documents.ts'
import { count, duration, percent, plural } from '../../format/units.ts'
import { buildOf, isUnderWay } from '../../live/needs.ts'
import { needsPerson } from '../../parts/holdLine.tsx'
import type { PlotMark } from '../../parts/plot.tsx'

/** The environment that users meet: that of the last stage, where the service is placed. */
export function mainEnvironment(service: Pick<ServiceDocument, 'environments'>, status: Status): string | undefined {
  const placed = service.environments.map(({ name }) => name)
  return status.stages.map(({ environment }) => environment).findLast((name) => placed.includes(name)) ?? placed[0]
}

/** Where the service stands, as one sentence. */
export function sayService(service: Pick<ServiceDocument, 'name' | 'environments'>, main: string | undefined): string {
  const here = service.environments.find(({ name }) => name === main)
  if (here === undefined) return `${service.name} runs nowhere yet.`
  const hosts = here.hosts.filter(({ layer }) => layer !== 'canary' && layer !== 'baseline')
  const own = hosts.filter((host) => host.digest === here.digest && host.ready).length
  const off = hosts.filter((host) => !host.ready).length
  if (off > 0)
    return `${off} of ${plural(hosts.length, 'host')} of ${service.name} in ${here.name} ${off === 1 ? 'is' : 'are'} not ready.`
  return `${service.name} ${here.stable} serves ${here.name} on ${own} of ${plural(hosts.length, 'host')}.`
}

/** What moves it now, or what happened to it last. */
export function sayLatest(promotions: readonly Promotion[]): string {
  const [latest] = promotions
  if (latest === undefined) return 'No build of it has been sent on its way yet; what runs was there from the start.'
  const build = buildOf(latest).name
  if (isUnderWay(latest)) {
    const [hold] = latest.holds
    const who = hold !== undefined && needsPerson(hold) ? 'It waits for a person' : 'Nobody has to do anything'
    return `${build} is ${latest.phase === 'rolling-back' ? 'on its way back' : `in ${latest.stage}`}${hold === undefined ? '' : `: ${hold.text}`}. ${who}.`
  }
  const text = latest.result?.text ?? latest.phase
  // The engine's sentence often begins with the build; then it is not said twice.
  return text.startsWith(build) ? `Last: ${text}.` : `The last was ${build}: ${text}.`
}

/** How a promotion ended, or that it has not. */
export function outcomeOf({ phase, result }: Pick<Promotion, 'phase' | 'result'>): {
  readonly kind: 'pass' | 'fail' | 'run' | 'wait' | 'rolling-back'
  readonly words: string
} {
  // Somebody took it back: that says nothing of the build.
  if (result?.outcome === 'aborted' || result?.cause === 'command') return { kind: 'rolling-back', words: 'aborted' }
  switch (phase) {
    case 'done':
      return { kind: 'pass', words: 'arrived' }
    case 'rolled-back':
      return { kind: 'fail', words: 'came home' }
    case 'aborted':
      return { kind: 'fail', words: 'aborted' }
    case 'rolling-back':
      return { kind: 'rolling-back', words: 'on its way back' }
    case 'superseded':
      return { kind: 'wait', words: 'gave way' }
    case 'waiting':
      return { kind: 'wait', words: 'waits' }
    case 'moving':
      return { kind: 'run', words: 'moves' }
  }
}

/** How long it took from asking to its end; nothing while it is under way. */
export function tookOf({ requestedAt, endedAt }: Pick<Promotion, 'requestedAt' | 'endedAt'>): string | undefined {
  return endedAt === undefined ? undefined : duration(Date.parse(endedAt) - Date.parse(requestedAt))
}

/** Where builds came into an environment and where they went back or arrived, for the charts. */
export function releaseMarks(
  promotions: readonly Promotion[],
  stages: Status['stages'],
  environment: string,
  fromMs: number,
): readonly PlotMark[] {
  const here = new Set(stages.filter((stage) => stage.environment === environment).map(({ name }) => name))
  return promotions
    .flatMap((promotion): readonly PlotMark[] => {
      const own = promotion.stages.filter((stage) => here.has(stage.name) && stage.startedAt !== undefined)
      const begun = own[0]?.startedAt
      if (begun === undefined) return []
      const build = buildOf(promotion).name
      const begin = { atMs: Date.parse(begun), label: build }
      const end = promotion.phase === 'done' ? own.at(-1)?.endedAt : promotion.result?.at.decided
      if (end === undefined) return [begin]
      return [
        begin,
        { atMs: Date.parse(end), label: promotion.phase === 'done' ? `${build} arrived` : `${build} back` },
      ]
    })
    .filter(({ atMs }) => atMs >= fromMs)
    .toSorted((a, b) => a.atMs - b.atMs)
}

/** An hour in one sentence. */
export function sayHour(slices: readonly HourSlice[]): string {
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0)
  const bad = slices.reduce((sum, slice) => sum + slice.bad, 0)
  if (requests === 0) return 'no request in the last hour'
  return `${count(requests)} requests in the last ${duration(slices.length * 10_000)}, ${count(bad)} bad (${percent(bad / requests)})`
}
