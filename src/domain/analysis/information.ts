import { kl, nearestOnLine, onLine, type Line } from './bet.ts'

/**
 * Nats per canary request that tell the canary's rate `canary` from the line, when the control's rate is `control` and
 * the control is `groups` times as large: min over b0 of kl(canary, line(b0)) + groups · kl(control, b0).
 */
export function twoArmInformation(line: Line, canary: number, control: number, groups: number): number {
  const b0 = nearestOnLine(line, canary, control, 1, groups)
  const c0 = onLine(line, b0)
  if (!(c0 > 0 && c0 < 1 && b0 > 0 && b0 < 1)) return 0
  return kl(canary, c0) + groups * kl(control, b0)
}

/** Nats per canary request of a healthy canary against the harmful line. */
export function proofInformation(line: Line, control: number, groups: number): number {
  return control < onLine(line, control) ? twoArmInformation(line, control, control, groups) : 0
}

/** Nats per canary request of a canary at rate `canary` against the tolerated line; 0 when it is within. */
export function harmInformation(line: Line, canary: number, control: number, groups: number): number {
  return canary > onLine(line, control) ? twoArmInformation(line, canary, control, groups) : 0
}
