import { setTimeout as pause } from 'node:timers/promises'
import type { CliResult } from './cli.ts'
import { type Client, type ClientOptions, lateFraction, type Seen, startClient } from './client.ts'
import type { Demo } from './demo.ts'
import type { Report } from './report.ts'
import { hasEnded, type Host, type Promotion, type Status } from './documents.ts'
import { waitFor } from './waitFor.ts'

export interface Sample {
  readonly atMs: number
  readonly promotion: Promotion
}

/** One deploy from its command to its end, as an outsider sees it. */
export interface Voyage {
  readonly result: CliResult
  /** As it was when the command ended; undefined when none was made. */
  readonly promotion?: Promotion
  readonly samples: readonly Sample[]
  /** Moments at which two numbered hosts of one service were unready. */
  readonly unready: readonly string[]
  /** Guests by id, as `status` first showed them with a pid. */
  readonly guests: ReadonlyMap<string, Host>
  readonly seen: readonly Seen[]
  readonly late: number
}

export interface VoyageOptions {
  readonly service?: string
  /** Off, or what C asks. */
  readonly client?: Omit<ClientOptions, 'front'> | false
  readonly withinMs?: number
  /** Called with every sample. */
  readonly onSample?: (sample: Sample) => void
}

const sampleEveryMs = 400
const statusEveryMs = 200

/** `deploy SERVICE --build BUILD --wait` under C, watched until its end. */
export async function travel(demo: Demo, build: string, options: VoyageOptions = {}): Promise<Voyage> {
  const service = options.service ?? 'blog'
  const client = options.client === false ? undefined : await startClient({ front: demo.front(), ...options.client })
  try {
    if (client) await settle(client)
    const known = new Set((await listPromotions(demo)).map((one) => one.id))
    const running = demo.cli(['deploy', service, '--build', build, '--wait'], options.withinMs ?? 1_500_000)
    let ended = false
    void running.finally(() => (ended = true))
    const samples: Sample[] = []
    const watch = watchStatus(demo, service, () => ended)
    await Promise.all([sampleUntilEnd(demo, service, known, samples, () => ended, options.onSample), watch.done])
    const result = await running
    const last = samples.at(-1)
    // A control plane that was killed a moment ago is back soon.
    const promotion = last
      ? await waitFor('the ended promotion', () => demo.api().promotion(last.promotion.id), {
          withinMs: 20_000,
          everyMs: 250,
        })
      : undefined
    const seen = client ? await client.stop() : []
    return {
      result,
      ...(promotion ? { promotion } : {}),
      samples,
      unready: watch.unready,
      guests: watch.guests,
      seen,
      late: lateFraction(seen),
    }
  } finally {
    await client?.stop()
  }
}

/** Until C has been answered a few times: what comes later is the deploy's. */
async function settle(client: Client): Promise<void> {
  await waitFor('answers to C', () => (client.seen().length >= 20 ? true : undefined), { withinMs: 60_000 })
}

export async function listPromotions(demo: Demo): Promise<readonly Promotion[]> {
  return ((await demo.api().get('/promotions')).body as { readonly promotions: readonly Promotion[] }).promotions
}

async function sampleUntilEnd(
  demo: Demo,
  service: string,
  known: ReadonlySet<string>,
  samples: Sample[],
  ended: () => boolean,
  onSample?: (sample: Sample) => void,
): Promise<void> {
  const api = demo.api()
  let id: string | undefined
  while (!ended()) {
    try {
      id ??= (await listPromotions(demo)).find((one) => one.service === service && !known.has(one.id))?.id
      if (id !== undefined) {
        const sample = { atMs: Date.now(), promotion: await api.promotion(id) }
        samples.push(sample)
        onSample?.(sample)
      }
    } catch {
      // The control plane may be dead or stopped on purpose.
    }
    await pause(sampleEveryMs)
  }
}

function watchStatus(demo: Demo, service: string, ended: () => boolean) {
  const unready: string[] = []
  const guests = new Map<string, Host>()
  const look = (status: Status) => {
    for (const environment of status.environments) {
      for (const one of environment.services) {
        const down = one.hosts.filter((host) => /^\d+$/.test(host.id) && !host.ready)
        if (down.length >= 2)
          unready.push(
            `${new Date().toISOString()} ${environment.name}/${one.name}: ${down.map((host) => host.id).join(', ')}`,
          )
        if (environment.name !== 'production' || one.name !== service) continue
        for (const host of one.hosts)
          if (!/^\d+$/.test(host.id) && host.pid !== null && !guests.has(host.id)) guests.set(host.id, host)
      }
    }
  }
  const watch = async () => {
    while (!ended()) {
      try {
        look(await demo.api().status())
      } catch {
        // As above.
      }
      await pause(statusEveryMs)
    }
  }
  return { unready, guests, done: watch() }
}

/** The time in which every sample showed this share, in epoch ms. */
export function spanOfShare(
  samples: readonly Sample[],
  share: number,
): { readonly fromMs: number; readonly toMs: number } | undefined {
  const at = samples.filter(
    ({ promotion }) =>
      promotion.rollout?.share.set === share && promotion.rollout.layer === 'canary' && !hasEnded(promotion),
  )
  const [first, last] = [at[0], at.at(-1)]
  return first && last ? { fromMs: first.atMs, toMs: last.atMs } : undefined
}

/** When C's first request that the canary answered was sent. */
export function firstCanaryMs(voyage: Pick<Voyage, 'seen'>): number | undefined {
  return voyage.seen.find((one) => one.layer === 'canary')?.startMs
}

/** Until no guest and no kept instance is left; the hosts as they then are. */
export async function waitForQuiet(demo: Demo, service: string, withinMs = 20_000): Promise<readonly Host[]> {
  return waitFor(
    `${service} without guests and kept instances`,
    async () => {
      const { hosts, kept } = await demo.api().service('production', service)
      return kept.length === 0 && hosts.every((host) => /^\d+$/.test(host.id) && host.ready) ? hosts : undefined
    },
    { withinMs },
  )
}

/** Repeats a timed run that C itself spoilt, three times at most; when the last was spoilt as well, the row is void. */
export async function runTimed<T extends { readonly late: number }>(
  run: () => Promise<T>,
  report: Report,
  attempts = 4,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await run()
    if (result.late <= 0.01) return result
    const text = `C sent ${(100 * result.late).toFixed(1)} % of its requests late: the machine was busy`
    if (attempt >= attempts) {
      report.void(text)
      return result
    }
    report.measure(`${text}; void, again`)
  }
}
