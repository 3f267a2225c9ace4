interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly args: { readonly name?: string }
  /** Microseconds by the clock. */
  readonly dur?: number
  /** Microseconds of the processor: what a busy machine takes away in between does not count. */
  readonly tdur?: number
}

export interface LongestTask {
  readonly tasks: number
  /** Time of the processor, ms. */
  readonly cpuMs: number
  /** By the clock, ms. */
  readonly wallMs: number
}

/** What a trace must hold, so that the tasks of main threads are in it. */
export const traceCategories: readonly string[] = ['toplevel', 'disabled-by-default-devtools.timeline']

/** The longest task of the main threads of pages in a trace. @throws when there are too few to say anything */
export function findLongestTask(trace: Buffer): LongestTask {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] }
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  )
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith('RunTask') && mains.has(`${pid} ${tid}`))
  if (tasks.length <= 10) throw new Error(`the trace has only ${tasks.length} tasks of main threads`)
  const longest = (of: (task: TraceEvent) => number | undefined): number =>
    tasks.reduce((most, task) => Math.max(most, (of(task) ?? 0) / 1_000), 0)
  return { tasks: tasks.length, cpuMs: longest(({ tdur }) => tdur), wallMs: longest(({ dur }) => dur) }
}
