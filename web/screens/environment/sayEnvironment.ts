import type { Status, TrafficNow } from '../../../src/http/contract/documents.ts'
import { percent, plural, rate } from '../../format/units.ts'

type Environment = Status['environments'][number]

/** So many seconds make the rate that is shown. */
const rateSeconds = 10

export interface HostsReady {
  readonly ready: number
  readonly total: number
}

/** Hosts of an environment; guests of a canary serve beside them and are none of them. */
export function countHosts({ services }: Pick<Environment, 'services'>): HostsReady {
  const hosts = services.flatMap((service) =>
    service.hosts.filter(({ layer }) => layer !== 'canary' && layer !== 'baseline'),
  )
  return { ready: hosts.filter((host) => host.ready).length, total: hosts.length }
}

/** Services that move in an environment now. */
export function movingIn(status: Status, environment: string): readonly string[] {
  const stages = status.stages.filter((stage) => stage.environment === environment).map(({ name }) => name)
  return [...new Set(status.moving.filter(({ stage }) => stages.includes(stage)).map(({ service }) => service))]
}

/** The state of an environment as one sentence: what is wrong first, then what moves. */
export function sayEnvironment(status: Status, environment: Environment): string {
  const { ready, total } = countHosts(environment)
  const { name, services } = environment
  if (services.length === 0) return `Nothing runs in ${name} yet.`
  if (ready < total) {
    const off = total - ready
    return `${off} of ${plural(total, 'host')} of ${name} ${off === 1 ? 'is' : 'are'} not ready.`
  }
  const moving = movingIn(status, name)
  const whole = `${plural(services.length, 'service')} on ${plural(total, 'host')}`
  if (moving.length === 0) return `${name} runs ${whole}, all ready. Nothing moves.`
  const names = moving.length > 3 ? plural(moving.length, 'service') : moving.join(', ')
  return `${names} ${moving.length === 1 ? 'moves' : 'move'} in ${name}: ${whole}, all ready.`
}

export interface Load {
  readonly perSecond: number
  readonly bad: number
  readonly requests: number
}

/** What an environment, or one service of it, answered in the last 10 seconds. */
export function loadOf(traffic: TrafficNow | undefined, environment: string, service?: string): Load {
  const own = (traffic?.services ?? []).filter(
    (one) => one.environment === environment && (service === undefined || one.service === service),
  )
  const sum = (pick: (one: (typeof own)[number]) => readonly number[]): number =>
    own.reduce(
      (all, one) =>
        all +
        pick(one)
          .slice(-rateSeconds)
          .reduce((some, value) => some + value, 0),
      0,
    )
  const requests = sum((one) => one.requests)
  return { requests, bad: sum((one) => one.bad), perSecond: requests / rateSeconds }
}

/** `52 req/s, 0.1 % bad`; nobody asks: `no requests now`. */
export function sayLoad({ perSecond, requests, bad }: Load): string {
  return requests === 0 ? 'no requests now' : `${rate(perSecond)}, ${percent(bad / requests)} bad`
}
