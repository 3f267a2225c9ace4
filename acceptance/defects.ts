/** What must become of a bad build of the example: the contract's table. */
export interface Defect {
  /** Folder of the files that have it. */
  readonly name: string
  readonly stages: readonly string[]
  readonly causes: readonly string[]
  readonly metric?: string
  /** What the bound counts from: the command, C's first canary answer, the first batch's start, the last one's. */
  readonly from: 'command' | 'canary' | 'batch' | 'complete'
  readonly withinMs: number
}

export const defects: readonly Defect[] = [
  { name: 'bad-fails-tests', stages: ['staging'], causes: ['test'], from: 'command', withinMs: 30_000 },
  { name: 'bad-crash-on-start', stages: ['staging'], causes: ['crash-loop'], from: 'command', withinMs: 30_000 },
  { name: 'bad-in-production', stages: ['canary'], causes: ['catastrophe'], from: 'canary', withinMs: 5_000 },
  { name: 'bad-errors', stages: ['canary'], causes: ['analysis'], metric: 'errors', from: 'canary', withinMs: 60_000 },
  {
    name: 'bad-latency',
    stages: ['canary'],
    causes: ['analysis'],
    metric: 'latency-p99',
    from: 'canary',
    withinMs: 180_000,
  },
  {
    name: 'bad-only-some-users',
    stages: ['canary', 'production'],
    causes: ['analysis'],
    from: 'canary',
    withinMs: 240_000,
  },
  {
    name: 'bad-slow-leak',
    stages: ['canary', 'production'],
    causes: ['guard'],
    metric: 'memory',
    from: 'canary',
    withinMs: 300_000,
  },
  { name: 'bad-under-load', stages: ['production'], causes: ['analysis'], from: 'batch', withinMs: 60_000 },
  // 60 s count from the onset, when its database has seen four live instances: the last batch has started by then.
  {
    name: 'bad-when-complete',
    stages: ['production'],
    causes: ['guard'],
    metric: 'errors',
    from: 'complete',
    withinMs: 60_000,
  },
]
