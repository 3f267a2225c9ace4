import { decideRollout } from '../../domain/rollout/decide.ts'
import { stepName } from '../../domain/rollout/findHolds.ts'
import { instancesOf } from '../../domain/rollout/layout.ts'
import { poolId, type Pool } from '../../domain/rollout/pool.ts'
import { isActive, type Rollout } from '../../domain/rollout/rollout.ts'
import type { RolloutSeen } from '../../domain/rollout/seen.ts'
import type { Hold } from '../../domain/holds.ts'
import { instancesIn } from '../instanceSnapshot.ts'
import type { DocumentWrite, NewEvent, Ports, Stored } from '../ports.ts'
import type { Mutex } from '../mutex.ts'
import type { Watcher } from '../watch.ts'
import type { InstancesReconciler } from './instances.ts'
import type { TrafficReconciler, TrafficSeen } from './traffic.ts'

export interface RolloutParts {
  readonly ports: Ports
  readonly traffic: TrafficReconciler
  readonly watcher: Watcher
  readonly instances: Pick<InstancesReconciler, 'isEnding'>
  /** From the look at the instances to the saved decision nothing else decides, and nothing is found surplus. */
  readonly deciding: Mutex
  /** The holds of the last pass, for whoever asks. */
  readonly holds: Map<string, readonly Hold[]>
  readonly wakePromotion: (id: string) => void
  /** Instances are started and ended by a pass of their own: nothing here waits for one. */
  readonly wakeInstances: () => void
  readonly announce: () => void
}

/**
 * One pass of one rollout: observe, decide, save, then traffic. On the way back nothing but the save and the push stands
 * between a decision and the moved traffic.
 */
export async function reconcileRollout(parts: RolloutParts, id: string): Promise<number | undefined> {
  const { ports, traffic } = parts
  const stored = await ports.store.load('rollout', id)
  if (!stored || !isActive(stored.document)) {
    parts.holds.delete(id)
    parts.wakeInstances()
    return undefined
  }
  const synced = await traffic.sync()
  const decided = await parts.deciding(() => decide(parts, stored, synced))
  if (!decided) return undefined
  if (!decided.changed) {
    parts.wakeInstances()
    return decided.wakeAtMs
  }
  if (!decided.saved) return decided.nowMs
  const { decision, nowMs } = decided
  const { inSync } = await traffic.sync()
  parts.watcher.began(decision.rollout)
  parts.announce()
  parts.wakePromotion(decision.rollout.promotion)
  parts.wakeInstances()
  // The next phase may already hold: what was just applied need not wait for a timer.
  return inSync || decision.rollout.phase === 'preparing' ? nowMs : decision.wakeAtMs
}

async function decide(parts: RolloutParts, stored: Stored<'rollout'>, synced: TrafficSeen) {
  const { ports } = parts
  const pool = await ports.store.load('pool', poolId(stored.document.environment, stored.document.service))
  if (!pool) return undefined
  const seen = await observe(parts, stored.document, synced)
  const nowMs = ports.clock.now()
  const decision = decideRollout(pool.document, stored.document, seen, nowMs)
  parts.holds.set(stored.id, decision.holds)
  if (decision.rollout === stored.document) return { changed: false, wakeAtMs: decision.wakeAtMs } as const
  const { saved } = await ports.store.commit(writeOf(pool, stored, decision.rollout, nowMs))
  return { changed: true, saved, decision, nowMs } as const
}

async function observe(parts: RolloutParts, rollout: Rollout, traffic: TrafficSeen): Promise<RolloutSeen> {
  const own = instancesIn(parts.ports.runtime.list(), rollout.environment, rollout.service)
  const judgement = await parts.watcher.judgement(rollout)
  return {
    instances: new Map(
      own.map((one) => [
        one.spec.id,
        {
          ready: one.phase === 'ready' && !parts.instances.isEnding(one.spec.id),
          exits: one.exits.length,
          ...(one.failure ? { failure: one.failure } : {}),
        },
      ]),
    ),
    traffic,
    ...(judgement ? { judgement } : {}),
  }
}

function writeOf(pool: Stored<'pool'>, stored: Stored<'rollout'>, next: Rollout, nowMs: number) {
  const documents: DocumentWrite[] = [
    {
      kind: 'rollout',
      id: next.id,
      revision: stored.revision,
      document: next,
      service: next.service,
      phase: next.phase,
    },
  ]
  if (next.phase === 'complete') {
    documents.push({
      kind: 'pool',
      id: pool.id,
      revision: pool.revision,
      document: poolAfter(pool.document, next),
      service: next.service,
    })
  }
  return { documents, events: eventsOf(stored.document, next, nowMs) }
}

/** The pool when every host runs the new build: what it was before is what `rollback` goes to. */
function poolAfter(pool: Pool, rollout: Rollout): Pool {
  const serving = instancesOf(pool, { ...rollout, phase: 'baking' }).filter(
    (one) => one.build.digest === rollout.to.digest && one.role === 'serving',
  )
  const { toSettings, fromSettings } = rollout
  const { previousSettings: _older, ...rest } = pool
  return {
    ...rest,
    stable: rollout.to,
    previous: rollout.from,
    ...(toSettings === undefined ? {} : { settings: toSettings }),
    ...(fromSettings === undefined ? {} : { previousSettings: fromSettings }),
    instances: Object.fromEntries(serving.map((one) => [one.host, one.instance])),
  }
}

function eventsOf(before: Rollout, next: Rollout, nowMs: number): readonly NewEvent[] {
  if (before.phase === next.phase && before.step === next.step) return []
  return [
    {
      atMs: nowMs,
      actor: 'engine',
      kind: `rollout.${next.phase}`,
      on: next.id,
      promotion: next.promotion,
      service: next.service,
      environment: next.environment,
      text: textOf(next),
      ...(next.back
        ? { data: { cause: next.back.cause, ...(next.back.metric ? { metric: next.back.metric } : {}) } }
        : {}),
    },
  ]
}

function textOf(rollout: Rollout): string {
  const what = `${rollout.service} in ${rollout.environment}`
  switch (rollout.phase) {
    case 'preparing':
      return `${what}: instances for ${stepName(rollout)} are started`
    case 'shifting':
      return `${what}: traffic moves to ${stepName(rollout)}`
    case 'holding':
      return `${what}: ${stepName(rollout)} ${rollout.plan.steps[rollout.step]?.kind === 'share' ? 'of requests go to' : 'run'} ${rollout.to.name}`
    case 'baking':
      return `${what}: every host runs ${rollout.to.name}; the way back stays open`
    case 'complete':
      return `${what}: ${rollout.to.name} is stable`
    case 'rolling-back':
      return `${what}: ${rollout.back?.text ?? 'going back'}`
    case 'rolled-back':
      return `${what}: all hosts are back on ${rollout.from.name}`
  }
}
