import type { AnalysisSettings } from '../domain/analysis/settings.ts'
import { foldSecond, readJudge, type Judge, type Second } from '../domain/rollout/judge.ts'
import type { ReplayDocument } from './api.ts'
import type { Store } from './ports.ts'

/** The first observation of a rollout: the judge before its first second. */
export interface Begin {
  readonly begin: Judge
}

/** Observations read at once. */
const pageSize = 500

/**
 * Judges the stored observations of a rollout again and compares what comes out, bit for bit, with what was saved.
 * @param recorded the judge as the decisions were taken from it
 */
export async function replayRollout(
  store: Store,
  settings: AnalysisSettings,
  recorded: Judge,
): Promise<ReplayDocument> {
  let judge: Judge | undefined
  let after = Number.MIN_SAFE_INTEGER
  /** Seconds judged: the catastrophe lane decides at each of them, the other tests when a slice is full. */
  let decisions = 0
  const verdict = (one: Judge | undefined) => (one ? readJudge(settings, one).verdict : 'nothing')
  for (;;) {
    const page = await store.observations(recorded.rollout, after, pageSize)
    for (const { json, n } of page) {
      const observation = JSON.parse(json) as Begin | Second
      after = n
      if ('begin' in observation) judge = observation.begin
      // What was stored after `recorded` was read belongs to later decisions.
      else if (judge && observation.n <= (recorded.after[observation.gateway] ?? -1)) {
        try {
          judge = foldSecond(settings, judge, observation)
          decisions += observation.home ? 0 : 1
        } catch (error) {
          // Counts that cannot be were not stored by a decision: somebody changed them since.
          return {
            identical: false,
            decisions,
            slices: judge.slices,
            difference: {
              at: after,
              recorded: verdict(recorded),
              replayed: `the stored second ${after} cannot be judged: ${error instanceof Error ? error.message : String(error)}`,
            },
          }
        }
      }
    }
    if (page.length < pageSize) break
  }
  const slices = judge?.slices ?? 0
  const difference = firstDifference(recorded, judge)
  if (difference === undefined) return { identical: true, decisions, slices }
  return {
    identical: false,
    decisions,
    slices,
    difference: {
      at: after,
      recorded: `${difference.path} = ${difference.a} (${verdict(recorded)})`,
      replayed: `${difference.path} = ${difference.b} (${verdict(judge)})`,
    },
  }
}

interface Difference {
  readonly path: string
  readonly a: string
  readonly b: string
}

/** Where two plain JSON values first differ. */
export function firstDifference(a: unknown, b: unknown, path = 'judge'): Difference | undefined {
  if (isRecord(a) && isRecord(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = firstDifference(a[key], b[key], `${path}.${key}`)
      if (found) return found
    }
    return undefined
  }
  return Object.is(a, b) ? undefined : { path, a: JSON.stringify(a) ?? 'nothing', b: JSON.stringify(b) ?? 'nothing' }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
