import { invariant } from '../errors.ts'

/** A line in the plane of the two rates: the canary's rate is `rho` × the control's rate + `delta`. */
export interface Line {
  readonly rho: number
  readonly delta: number
}

/** Two arms of one slice, for one kind of bad event. */
export interface Block {
  readonly canaryRequests: number
  readonly canaryBad: number
  readonly controlRequests: number
  readonly controlBad: number
}

/** The canary's rate on the line when the control's rate is `control`. */
export function onLine(line: Line, control: number): number {
  return line.rho * control + line.delta
}

/** Relative entropy of two Bernoulli rates, in nats; `q` strictly between 0 and 1. */
export function kl(p: number, q: number): number {
  const bad = p > 0 ? p * Math.log(p / q) : 0
  const good = p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0
  return bad + good
}

const smallestRate = 1e-9
const steps = 40

/**
 * The control's rate at the point of the line that is hardest to tell from (canary `c1`, control `b1`):
 * argmin over b0 of `nc`·kl(c1, line(b0)) + `nb`·kl(b1, b0). Convex, so Newton inside a shrinking bracket finds it.
 */
export function nearestOnLine(line: Line, c1: number, b1: number, nc: number, nb: number): number {
  const { rho, delta } = line
  const end = (1 - delta) / rho
  const ofCanary = (c1 - delta) / rho
  let low = Math.max(smallestRate, Math.min(b1, ofCanary))
  let high = Math.min(1 - smallestRate, end - smallestRate, Math.max(b1, ofCanary))
  if (!(low < high)) return low
  // Exact where both rates are small.
  let b0 = (nc * (c1 - delta) + nb * b1) / (nc * rho + nb)
  if (!(b0 > low && b0 < high)) b0 = (low + high) / 2
  for (let i = 0; i < steps; i += 1) {
    const c0 = rho * b0 + delta
    const canary = c0 * (1 - c0)
    const control = b0 * (1 - b0)
    const slope = (nc * rho * (c0 - c1)) / canary + (nb * (b0 - b1)) / control
    if (slope > 0) high = b0
    else low = b0
    const bend =
      nc * rho * rho * ((c1 * (1 - c0) ** 2 + (1 - c1) * c0 * c0) / (canary * canary)) +
      nb * ((b1 * (1 - b0) ** 2 + (1 - b1) * b0 * b0) / (control * control))
    const newton = b0 - slope / bend
    const next = newton > low && newton < high ? newton : (low + high) / 2
    // Any point of the line gives a valid bet, so this is near enough; beside 0 and 1 steps are small without being last.
    if (Math.abs(next - b0) <= 1e-4 * Math.min(b0, 1 - b0, c0 / rho, (1 - c0) / rho)) return next
    b0 = next
  }
  return b0
}

/**
 * Logarithm of the e-value of one block against the null "the canary's rate is on this side of the line", for a bet on
 * the canary's rate `c1` and the control's rate `b1`, both chosen before the block was seen.
 *
 * The bet's expectation under the null is ≤ exp(nc·g·(c − rho·b − delta)) ≤ 1 for every b, whatever `b1` was: a bad
 * estimate costs speed, never validity. With c1 above the line the null is "at or below it" (harm is bet on), with c1
 * below the line the null is "at or above it" (health is bet on).
 *
 * 0 (no bet) when an arm is empty, the line leaves the unit square or `c1` is not strictly on the side of the bet:
 * a bet whose alternative lies on the near side would have the wrong sign and convict the innocent.
 */
export function logEvidence(line: Line, bet: 'harm' | 'health', c1: number, b1: number, block: Block): number {
  const { canaryRequests: nc, canaryBad: xc, controlRequests: nb, controlBad: xb } = block
  if (nc === 0 || nb === 0) return 0
  const rate = Math.min(1 - smallestRate, Math.max(smallestRate, b1))
  const edge = onLine(line, rate)
  if (!(c1 > 0 && c1 < 1)) return 0
  if (bet === 'harm' ? !(edge < 1 && c1 > edge) : !(c1 < edge)) return 0
  const b0 = nearestOnLine(line, c1, rate, nc, nb)
  const c0 = onLine(line, b0)
  if (!(c0 > 0 && c0 < 1 && b0 > 0 && b0 < 1)) return 0
  const g = (c1 - c0) / (c0 * (1 - c0))
  if (bet === 'harm' ? g <= 0 : g >= 0) return 0
  const h = (-line.rho * g * nc) / nb
  if (!(1 + g * (1 - c0) > 0 && 1 - g * c0 > 0 && 1 + h * (1 - b0) > 0 && 1 - h * b0 > 0)) return 0
  const log =
    xc * Math.log1p(g * (1 - c0)) +
    (nc - xc) * Math.log1p(-g * c0) +
    xb * Math.log1p(h * (1 - b0)) +
    (nb - xb) * Math.log1p(-h * b0)
  if (!Number.isFinite(log)) invariant(false, `evidence is ${log} for ${JSON.stringify({ line, bet, c1, b1, block })}`)
  return log
}

/** The rate that lies `shift` above `rate` on the logit scale. */
export function shiftedRate(rate: number, shift: number): number {
  return 1 / (1 + Math.exp(-(Math.log(rate / (1 - rate)) + shift)))
}
