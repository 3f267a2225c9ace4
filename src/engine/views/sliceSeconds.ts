import type { Second } from '../../domain/rollout/judge.ts'
import type { SliceDocument } from '../api.ts'
import { addToSum, armDocument, type ArmSum, emptySum } from './armSum.ts'
import { iso } from './promotionDocument.ts'

type ArmName = 'canary' | 'baseline' | 'stable'

interface Open {
  readonly index: number
  n: number
  step: number
  readonly arms: Readonly<Record<ArmName, ArmSum>>
}

/**
 * Seconds, oldest first, summed into slices on multiples of `sliceMs` of the clock.
 *
 * @param isWhole nothing comes any more: the last slice is given although it may not be full. Else it is left out, so
 *   that whoever goes on after it gets it whole.
 */
export function sliceSeconds(seconds: readonly Second[], sliceMs: number, isWhole: boolean): readonly SliceDocument[] {
  const slices: Open[] = []
  for (const second of seconds) {
    // The middle of a second: its edges may lie a millisecond beyond those of a slice.
    const index = Math.floor((second.toMs - 500) / sliceMs)
    let open = slices.at(-1)
    if (open === undefined || index > open.index) {
      open = {
        index,
        n: second.n,
        step: second.step,
        arms: { canary: emptySum(), baseline: emptySum(), stable: emptySum() },
      }
      slices.push(open)
    }
    open.n = Math.max(open.n, second.n)
    open.step = second.step
    for (const name of ['canary', 'baseline', 'stable'] as const) addToSum(open.arms[name], second.arms[name])
  }
  return (isWhole ? slices : slices.slice(0, -1)).map(({ index, n, step, arms }) => ({
    at: iso(index * sliceMs),
    n,
    step,
    canary: armDocument(arms.canary),
    baseline: armDocument(arms.baseline),
    stable: armDocument(arms.stable),
  }))
}
