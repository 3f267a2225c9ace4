import { upperNormal } from './latencyShape.ts'

/**
 * A port, from its description, of what Kayenta's judge does with one metric: Mann-Whitney U with the normal
 * approximation, continuity and tie correction; the confidence interval and the estimate of the shift are where the
 * rank statistic crosses its quantile. The statistic is a step function of the shift, so the crossing is found exactly
 * among the pairwise differences (the original stops a root search at 1e-4).
 */
export interface Shift {
  readonly lower: number
  readonly upper: number
  readonly estimate: number
}

function quantileOfNormal(upper: number): number {
  let low = 0
  let high = 10
  for (let i = 0; i < 60; i += 1) {
    const mid = (low + high) / 2
    if (upperNormal(mid) > upper) low = mid
    else high = mid
  }
  return (low + high) / 2
}

/** z-score of the ranks of x − shift among y, minus the quantile aimed at. */
function score(x: readonly number[], y: readonly number[], shift: number, aim: number, correct: boolean): number {
  const all = [...x.map((value) => ({ value: value - shift, own: true })), ...y.map((value) => ({ value, own: false }))]
  all.sort((a, b) => a.value - b.value)
  let ranks = 0
  let ties = 0
  for (let i = 0; i < all.length; ) {
    let j = i
    let own = 0
    while (j < all.length && all[j]!.value === all[i]!.value) {
      if (all[j]!.own) own += 1
      j += 1
    }
    const tied = j - i
    ranks += own * ((i + 1 + j) / 2)
    ties += tied ** 3 - tied
    i = j
  }
  const n = x.length
  const m = y.length
  const d = ranks - (n * (n + 1)) / 2 - (n * m) / 2
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
  const continuity = correct ? Math.sign(d) * 0.5 : 0
  return variance > 0 ? (d - continuity) / Math.sqrt(variance) - aim : 0
}

/** The shift at which the score turns from above to below zero; it falls as the shift grows. */
function crossing(x: readonly number[], y: readonly number[], steps: readonly number[], aim: number, correct: boolean) {
  let low = 0
  let high = steps.length - 1
  const tiny = 1e-6
  // Just above a difference the statistic has made its step.
  while (low < high) {
    const mid = (low + high) >> 1
    if (score(x, y, steps[mid]! + tiny, aim, correct) <= 0) high = mid
    else low = mid + 1
  }
  return steps[low]!
}

export function shiftOf(experiment: readonly number[], control: readonly number[], confidence: number): Shift {
  const differences = new Set<number>()
  for (const a of experiment) for (const b of control) differences.add(a - b)
  const steps = [...differences].sort((a, b) => a - b)
  const z = quantileOfNormal((1 - confidence) / 2)
  return {
    lower: crossing(experiment, control, steps, z, true),
    upper: crossing(experiment, control, steps, -z, true),
    estimate: crossing(experiment, control, steps, 0, false),
  }
}

/** Classified High as the judge is called: tolerance 0.25, confidence 0.98, mean ratio of at least 1. */
export function isHigh(
  experiment: readonly number[],
  control: readonly number[],
  confidence = 0.98,
  tolerance = 0.25,
): boolean {
  if (experiment.length === 0 || control.length === 0) return false
  if (experiment.length === control.length && experiment.every((value, i) => value === control[i])) return false
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
  if (sum(experiment) / experiment.length < sum(control) / control.length) return false
  const { lower, estimate } = shiftOf(experiment, control, confidence)
  return lower > tolerance * Math.abs(estimate)
}

/** Published outcomes that the port must reproduce before it is compared (spinnaker/spinnaker issue 6278). */
export function checkKayenta(): string[] {
  const wrong: string[] = []
  const ones = new Array<number>(10).fill(1)
  const hundreds = (count: number): number[] => ones.map((one, i) => (i < count ? 100 : one))
  const seven = shiftOf(hundreds(7), ones, 0.98)
  if (isHigh(hundreds(7), ones)) wrong.push('7 of 10 points at 100 must pass')
  if (!isHigh(hundreds(8), ones)) wrong.push('8 of 10 points at 100 must be High')
  if (Math.abs(seven.lower) > 1e-3 || Math.abs(seven.upper - 99) > 1e-3 || Math.abs(seven.estimate - 99) > 1e-3) {
    wrong.push(`interval of 7 of 10 points is ${JSON.stringify(seven)}; published: 0 to 99, estimate 99`)
  }
  return wrong
}
