/** How much rougher one metric of a service is than independent requests; learned from the build that runs. */
export interface Noise {
  /** ≥ 1: variance of the counts of one group of instances over the binomial one; errors that come in bursts. */
  readonly phi: number
  /** ≥ 0: lasting spread between groups of instances of the same build, as standard deviation of the logarithm. */
  readonly sigma: number
}

/** What is assumed when nothing was learned. */
export const unmeasuredNoise: Noise = { phi: 1, sigma: 0.1 }
