/** One key metric: what is tolerated is no reason to go back; health is proven against what is harmful. */
export interface MetricSettings {
  /** `errors`, `latency-p50`, … */
  readonly name: string
  readonly kind: 'errors' | 'latency'
  /** For latency: which quantile of the control is the threshold; between 0 and 1. */
  readonly quantile?: number
  /** Share of the evidence; the weights of all metrics add up to at most 1. */
  readonly weight: number
  /** Errors: the canary may have `times` × control + `plus`. Latency: it may be `slower` times as slow. */
  readonly tolerated: { readonly times?: number; readonly plus?: number; readonly slower?: number }
  /** Errors: `times` × control + `plus`. Latency: `times` × the share of requests that the tolerated slow-down allows. */
  readonly harmful: { readonly times?: number; readonly plus?: number }
}

/** Absolute limits of the new build; they never compare arms. */
export interface GuardSettings {
  /** Fraction of bad requests. */
  readonly errors: number
  readonly latencyP99Ms: number
  readonly memoryBytes: number
  readonly crashes: { readonly times: number; readonly withinMs: number }
}

export interface AnalysisSettings {
  /** 5 to 30 s. */
  readonly sliceMs: number
  /** For so long after they joined young hosts are given a four times wider line. */
  readonly startUpMs: number
  /** Chance that a healthy rollout is rolled back, all metrics together. */
  readonly alpha: number
  /** Chance that a harmful metric is called healthy. */
  readonly beta: number
  readonly metrics: readonly MetricSettings[]
  readonly guards: GuardSettings
}

/** What holds when nothing is configured: the values of the study, for traffic nobody has measured yet. */
export const defaultAnalysis: AnalysisSettings = {
  sliceMs: 10_000,
  startUpMs: 60_000,
  alpha: 0.01,
  beta: 0.05,
  metrics: [
    {
      name: 'errors',
      kind: 'errors',
      weight: 0.4,
      tolerated: { times: 1.25, plus: 0.0005 },
      harmful: { times: 2, plus: 0.001 },
    },
    {
      name: 'latency-p50',
      kind: 'latency',
      quantile: 0.5,
      weight: 0.15,
      tolerated: { slower: 1.05 },
      harmful: { times: 1.25 },
    },
    {
      name: 'latency-p90',
      kind: 'latency',
      quantile: 0.9,
      weight: 0.15,
      tolerated: { slower: 1.05 },
      harmful: { times: 1.25 },
    },
    {
      name: 'latency-p99',
      kind: 'latency',
      quantile: 0.99,
      weight: 0.3,
      tolerated: { slower: 1.1 },
      harmful: { times: 1.25 },
    },
  ],
  guards: {
    errors: 0.1,
    latencyP99Ms: 2_000,
    memoryBytes: 512 * 1024 * 1024,
    crashes: { times: 3, withinMs: 60_000 },
  },
}
