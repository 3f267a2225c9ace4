import { addDurations, type Slice } from './counts.ts'
import { countedFor, type Counted, type MetricState } from './metric.ts'
import type { MetricSettings } from './settings.ts'

/** So many slow requests are expected before what was seen is compared with it. */
const enoughExpected = 20
/** With 20 expected, chance alone gives fewer than 8 once in 1,200 checks; a needless change of threshold costs a slice. */
const tooFew = 1 / 2.5
const tooMany = 2.5

/**
 * Whether a latency threshold still cuts the control where it was meant to. One that was learned while the machine was
 * busy is crossed by nobody later: then nothing would ever be proven, nor found. A threshold that is given up is learned
 * anew from the slices that follow; each bet still uses one that was chosen before its slice, so the evidence stays valid.
 */
export function checkThreshold(metric: MetricSettings, state: MetricState, slice: Slice): MetricState {
  if (state.threshold === undefined) return state
  const control = { requests: 0, bad: 0, durations: addDurations(slice.stable.durations, slice.baseline.durations) }
  const counted = countedFor(metric, state.threshold, 'control', control)
  const check = add(state.check, counted)
  const expected = check.requests * state.threshold.above
  if (expected < enoughExpected) return { ...state, check }
  if (check.bad >= expected * tooFew && check.bad <= expected * tooMany)
    return { ...state, check: { requests: 0, bad: 0 } }
  const { threshold: _gone, check: _done, ...rest } = state
  const nothing = { requests: 0, bad: 0 }
  return { ...rest, control: nothing, seen: { canary: nothing, control: nothing } }
}

function add(a: Counted | undefined, b: Counted): Counted {
  return { requests: (a?.requests ?? 0) + b.requests, bad: (a?.bad ?? 0) + b.bad }
}
