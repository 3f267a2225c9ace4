/** Seeded randomness of the simulations: the same seed gives the same table on every machine. */
export interface Prng {
  /** Uniform in [0, 1). */
  readonly uniform: () => number
  /** Standard normal. */
  readonly normal: () => number
  readonly poisson: (mean: number) => number
  readonly binomial: (n: number, p: number) => number
}

/** A generator of 32-bit state words (sfc32), mixed from a text so that every run of every case has its own stream. */
export function prngOf(seed: string): Prng {
  let [a, b, c, d] = hashOf(seed)
  let spare: number | undefined
  const uniform = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return (t >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 16; i += 1) uniform()
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare
      spare = undefined
      return kept
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
  const poisson = (mean: number): number => drawPoisson(uniform, normal, mean)
  const binomial = (n: number, p: number): number =>
    p > 0.5 ? n - drawBinomial(uniform, n, 1 - p) : drawBinomial(uniform, n, p)
  return { uniform, normal, poisson, binomial }
}

function hashOf(seed: string): [number, number, number, number] {
  let h1 = 1_779_033_703
  let h2 = 3_144_134_277
  let h3 = 1_013_904_242
  let h4 = 2_773_480_762
  for (let i = 0; i < seed.length; i += 1) {
    const code = seed.charCodeAt(i)
    h1 = h2 ^ Math.imul(h1 ^ code, 597_399_067)
    h2 = h3 ^ Math.imul(h2 ^ code, 2_869_860_233)
    h3 = h4 ^ Math.imul(h3 ^ code, 951_274_213)
    h4 = h1 ^ Math.imul(h4 ^ code, 2_716_044_179)
  }
  return [h1 | 0, h2 | 0, h3 | 0, h4 | 0]
}

function drawPoisson(uniform: () => number, normal: () => number, mean: number): number {
  if (mean <= 0) return 0
  // Arrivals only: far from zero the rounded normal is as good, and the number of requests is no evidence.
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
  let p = Math.exp(-mean)
  let left = uniform()
  let k = 0
  while (left > p && k < 1_000) {
    left -= p
    k += 1
    p *= mean / k
  }
  return k
}

/** Exact: inversion where few are expected, rejection else. */
function drawBinomial(uniform: () => number, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0
  if (n * p < 12) return invertBinomial(uniform, n, p)
  return rejectBinomial(uniform, n, p)
}

function invertBinomial(uniform: () => number, n: number, p: number): number {
  const ratio = p / (1 - p)
  let probability = Math.exp(n * Math.log1p(-p))
  let left = uniform()
  let k = 0
  while (left > probability && k < n) {
    left -= probability
    k += 1
    probability *= ((n - k + 1) / k) * ratio
  }
  return k
}

/** Transformed rejection (Hörmann 1993, "BTRS"), for n · p ≥ 10 and p ≤ 0.5. */
function rejectBinomial(uniform: () => number, n: number, p: number): number {
  const spread = Math.sqrt(n * p * (1 - p))
  const b = 1.15 + 2.53 * spread
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const c = n * p + 0.5
  const vr = 0.92 - 4.2 / b
  const alpha = (2.83 + 5.1 / b) * spread
  const logRatio = Math.log(p / (1 - p))
  const mode = Math.floor((n + 1) * p)
  const h = logGamma(mode + 1) + logGamma(n - mode + 1)
  for (;;) {
    const v0 = uniform()
    const u = uniform() - 0.5
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + c)
    if (us >= 0.07 && v0 <= vr) return k
    if (k < 0 || k > n) continue
    const v = Math.log((v0 * alpha) / (a / (us * us) + b))
    if (v <= h - logGamma(k + 1) - logGamma(n - k + 1) + (k - mode) * logRatio) return k
  }
}

/** Logarithm of the gamma function for x ≥ 1 (Stirling's series, shifted). */
export function logGamma(x: number): number {
  let shift = 0
  let z = x
  while (z < 8) {
    shift -= Math.log(z)
    z += 1
  }
  const inverse = 1 / (z * z)
  const series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1_260 - inverse / 1_680))
  return shift + (z - 0.5) * Math.log(z) - z + 0.918_938_533_204_672_7 + series / z
}
