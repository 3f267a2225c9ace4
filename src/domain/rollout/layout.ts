import type { BuildRef } from '../catalog/buildRef.ts'
import type { LayerAudience } from '../routing/table.ts'
import { instanceId, type Pool } from './pool.ts'
import { guestCount, type Rollout, type Step } from './rollout.ts'

/** A layer of one service before addresses are known. */
export interface LaidLayer {
  readonly name: 'stable' | 'canary' | 'baseline' | 'batch'
  readonly who: LayerAudience
  readonly build: BuildRef
  readonly hosts: readonly LaidHost[]
  /** Its share returns to stable when nobody watches it. */
  readonly watched: boolean
}

export interface LaidHost {
  readonly id: string
  readonly instance: string
}

/** An instance that should exist; a kept one serves nobody and holds the way back open. */
export interface WantedInstance {
  readonly host: string
  readonly instance: string
  readonly build: BuildRef
  readonly role: 'serving' | 'kept' | 'starting'
}

/** The step whose layers are in force: −1 is "as before the rollout". */
export function stepInForce(rollout: Rollout): number {
  switch (rollout.phase) {
    case 'preparing':
      return rollout.step - 1
    case 'shifting':
    case 'holding':
    case 'baking':
    case 'complete':
      return rollout.step
    case 'rolling-back':
      return rollout.back?.shifted === false ? rollout.back.inForce : -1
    case 'rolled-back':
      return -1
  }
}

/** The layers of a service: a function of what is stored, never of a transition. */
export function layersOf(pool: Pool, rollout: Rollout | undefined): readonly LaidLayer[] {
  const step = rollout && rollout.phase !== 'complete' ? rollout.plan.steps[stepInForce(rollout)] : undefined
  if (!rollout || !step) return [stableLayer(pool, 0)]
  if (step.kind === 'share') {
    const guests = guestHosts(rollout, step.share)
    return [
      {
        name: 'canary',
        who: { kind: 'share', from: 0, to: step.share },
        build: rollout.to,
        hosts: guests.canary,
        watched: true,
      },
      {
        name: 'baseline',
        who: { kind: 'share', from: 1 - step.share, to: 1 },
        build: rollout.from,
        hosts: guests.baseline,
        watched: true,
      },
      stableLayer(pool, 0),
    ]
  }
  const replaced = newHosts(pool, rollout, step.hosts)
  if (step.hosts >= pool.hosts)
    return [{ name: 'batch', who: { kind: 'everyone' }, build: rollout.to, hosts: replaced, watched: false }]
  const share = step.hosts / pool.hosts
  return [
    { name: 'batch', who: { kind: 'share', from: 0, to: share }, build: rollout.to, hosts: replaced, watched: false },
    stableLayer(pool, step.hosts),
  ]
}

/** The instances that should exist for a service, each once. */
export function instancesOf(pool: Pool, rollout: Rollout | undefined): readonly WantedInstance[] {
  if (!rollout || rollout.phase === 'complete' || rollout.phase === 'rolled-back') return oldInstances(pool, 0, false)
  if (rollout.phase === 'rolling-back') return returningInstances(pool, rollout)
  const inForce = stepInForce(rollout)
  const wanted = [...forStep(pool, rollout, rollout.plan.steps[inForce])]
  if (inForce === rollout.step) return wanted
  for (const next of forStep(pool, rollout, rollout.plan.steps[rollout.step])) {
    if (!wanted.some((one) => one.instance === next.instance)) wanted.push({ ...next, role: 'starting' })
  }
  return wanted
}

/** Instances of the new build that a step needs before traffic may move to it; the baseline of a share belongs to it. */
export function neededFor(pool: Pool, rollout: Rollout, step: Step): readonly string[] {
  if (step.kind === 'hosts') return newHosts(pool, rollout, step.hosts).map((host) => host.instance)
  const guests = guestHosts(rollout, step.share)
  return [...guests.canary, ...guests.baseline].map((host) => host.instance)
}

/** Every instance that this rollout may have started with the new build. */
export function isOfNewBuild(rollout: Rollout, instance: string, host: string): boolean {
  return (
    !host.startsWith('baseline-') && instance === instanceId(rollout.environment, rollout.service, host, rollout.id)
  )
}

/** Every instance that a rollout has or can have started, by its host; in the order of its steps. */
export function startedBy(rollout: Rollout): readonly LaidHost[] {
  const share = Math.max(0, ...rollout.plan.steps.map((step) => (step.kind === 'share' ? step.share : 0)))
  const guests = share === 0 ? { canary: [], baseline: [] } : guestHosts(rollout, share)
  const hosts = Array.from({ length: rollout.hosts }, (_, index) => {
    const id = String(index + 1)
    return { id, instance: instanceId(rollout.environment, rollout.service, id, rollout.id) }
  })
  return [...guests.canary, ...guests.baseline, ...hosts]
}

function forStep(pool: Pool, rollout: Rollout, step: Step | undefined): readonly WantedInstance[] {
  if (!step) return oldInstances(pool, 0, false)
  if (step.kind === 'share') {
    const guests = guestHosts(rollout, step.share)
    return [
      ...oldInstances(pool, 0, false),
      ...guests.canary.map((host) => wantedGuest(host, rollout.to)),
      ...guests.baseline.map((host) => wantedGuest(host, rollout.from)),
    ]
  }
  return [
    ...oldInstances(pool, step.hosts, rollout.plan.keepPrevious === 'until-bake'),
    ...newHosts(pool, rollout, step.hosts).map((host) => wantedGuest(host, rollout.to)),
  ]
}

/** All hosts of the old build; those of the step in force only while the traffic is still theirs. */
function returningInstances(pool: Pool, rollout: Rollout): readonly WantedInstance[] {
  const old = oldInstances(pool, 0, false)
  if (rollout.back?.shifted !== false) return old
  const others = forStep(pool, rollout, rollout.plan.steps[rollout.back.inForce])
  return [...old, ...others.filter((one) => !old.some((known) => known.instance === one.instance))]
}

/** The pool's own instances; of the first `replaced` hosts only if they are kept. */
function oldInstances(pool: Pool, replaced: number, keep: boolean): readonly WantedInstance[] {
  const wanted: WantedInstance[] = []
  for (let host = 1; host <= pool.hosts; host += 1) {
    if (host <= replaced && !keep) continue
    const instance = pool.instances[String(host)]
    if (instance !== undefined)
      wanted.push({ host: String(host), instance, build: pool.stable, role: host <= replaced ? 'kept' : 'serving' })
  }
  return wanted
}

function stableLayer(pool: Pool, replaced: number): LaidLayer {
  const hosts = oldInstances(pool, replaced, false).map(({ host, instance }) => ({ id: host, instance }))
  return { name: 'stable', who: { kind: 'everyone' }, build: pool.stable, hosts, watched: false }
}

function newHosts(pool: Pool, rollout: Rollout, count: number): readonly LaidHost[] {
  return Array.from({ length: Math.min(count, pool.hosts) }, (_, index) => {
    const host = String(index + 1)
    return { id: host, instance: instanceId(pool.environment, pool.service, host, rollout.id) }
  })
}

function guestHosts(
  rollout: Rollout,
  share: number,
): { readonly canary: readonly LaidHost[]; readonly baseline: readonly LaidHost[] } {
  const guests = (arm: string) =>
    Array.from({ length: guestCount(share, rollout.hosts) }, (_, index) => {
      const id = `${arm}-${index + 1}`
      return { id, instance: instanceId(rollout.environment, rollout.service, id, rollout.id) }
    })
  return { canary: guests('canary'), baseline: guests('baseline') }
}

function wantedGuest(host: LaidHost, build: BuildRef): WantedInstance {
  return { host: host.id, instance: host.instance, build, role: 'serving' }
}
