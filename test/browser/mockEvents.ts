import type { Event, NewEvent } from '../../src/engine/ports.ts'

export interface MockEvents {
  /** Appends events and wakes whoever follows. */
  readonly add: (events: readonly NewEvent[]) => void
  readonly after: (id: number, limit: number) => readonly Event[]
  readonly last: () => number
  readonly onAdded: (wake: () => void) => () => void
}

/** A log of events in memory, numbered without gaps as the store does it. */
export function createMockEvents(): MockEvents {
  const events: Event[] = []
  const wakes = new Set<() => void>()
  return {
    add: (more) => {
      for (const event of more) events.push({ ...event, id: events.length + 1 })
      for (const wake of wakes) wake()
    },
    after: (id, limit) => events.slice(id, id + limit),
    last: () => events.length,
    onAdded: (wake) => {
      wakes.add(wake)
      return () => wakes.delete(wake)
    },
  }
}

/** What the engine does all day: many of them, a minute apart, of these services. */
export function makeEvents(count: number, services: readonly string[], lastAtMs: number): readonly NewEvent[] {
  const kinds = ['promotion.requested', 'rollout.shifting', 'test.passed', 'promotion.rolled-back'] as const
  return Array.from({ length: count }, (_, index): NewEvent => {
    const service = services[index % services.length] ?? 'service'
    const kind = kinds[index % kinds.length] ?? 'rollout.shifting'
    return {
      atMs: lastAtMs - (count - 1 - index) * 60_000,
      actor: kind === 'promotion.requested' ? 'admin' : 'engine',
      kind,
      on: `p-${index + 1}`,
      promotion: `p-${index + 1}`,
      service,
      text: `${kind.replace('.', ' ')}, number ${index + 1}`,
    }
  })
}
