import type { Hold } from '../holds.ts'
import { blindPatienceMs, heldUntilMs } from './findReturn.ts'
import { instancesOf, neededFor } from './layout.ts'
import type { Pool } from './pool.ts'
import { isLastShare, presentStep, wasPassed, type Rollout } from './rollout.ts'
import { minimumAt, timeAtStep, type JudgementSeen, type RolloutSeen } from './seen.ts'

/** Why a rollout does not move now; whatever does not move says why. */
export function findHolds(pool: Pool, rollout: Rollout, seen: RolloutSeen, nowMs: number): readonly Hold[] {
  const silent = seen.traffic.silent.map((gateway) =>
    hold(
      rollout,
      'gateway-silent',
      gateway,
      `gateway ${gateway} has not answered for 10 s`,
      'It is started again by itself; if it stays silent, `cofferdam doctor` says more.',
      seen.traffic.silentSinceMs?.[gateway],
    ),
  )
  switch (rollout.phase) {
    case 'preparing':
      return [
        ...silent,
        ...notReady(rollout, neededFor(pool, rollout, presentStep(rollout)), seen),
        ...doubts(rollout, seen),
      ]
    case 'shifting':
      return silent.length > 0 ? silent : [outOfSync(rollout)]
    case 'holding':
      if (silent.length === 0 && !seen.traffic.inSync) return [outOfSync(rollout), ...watchHolds(rollout, seen, nowMs)]
      return [...silent, ...watchHolds(rollout, seen, nowMs)]
    case 'baking':
      return [...silent, ...watchHolds(rollout, seen, nowMs)]
    case 'rolling-back':
      return [...silent, ...returnHolds(pool, rollout, seen)]
    case 'complete':
    case 'rolled-back':
      return []
  }
}

function outOfSync(rollout: Rollout): Hold {
  return hold(
    rollout,
    'not-ready',
    rollout.id,
    'the gateways have not all applied the route table of this step',
    'Nothing to do: it is sent again.',
  )
}

function watchHolds(rollout: Rollout, seen: RolloutSeen, nowMs: number): readonly Hold[] {
  const minimumMs = minimumAt(rollout, seen.judgement)
  const time = timeAtStep(rollout, seen, nowMs)
  const holds: Hold[] = []
  if (time < minimumMs) {
    const what = { facts: 'passed', guards: 'watched', analysis: 'judged' }[rollout.plan.watch]
    const base = hold(
      rollout,
      'minimum-time',
      rollout.id,
      `${seconds(time)} of at least ${seconds(minimumMs)} ${what} at ${stepName(rollout)}`,
      minimumHelp(rollout),
    )
    holds.push(rollout.plan.watch === 'facts' ? { ...base, untilMs: rollout.sinceMs + minimumMs } : base)
  }
  if (rollout.plan.watch !== 'facts') holds.push(...judgeHolds(rollout, seen, nowMs))
  return holds
}

/** Where nobody asks anything, nothing can be compared, and the time does not pass. */
function minimumHelp(rollout: Rollout): string {
  if (rollout.plan.watch !== 'analysis') return 'It goes on by itself.'
  return `It goes on by itself while requests come; without any, \`cofferdam promotion pass ${rollout.promotion} --reason …\`.`
}

function judgeHolds(rollout: Rollout, seen: RolloutSeen, nowMs: number): readonly Hold[] {
  const judgement = seen.judgement
  if (!judgement)
    return [
      hold(
        rollout,
        'not-enough-data',
        rollout.id,
        'no slice has been judged yet',
        'Traffic through the front or back doors; it goes on by itself.',
      ),
    ]
  const holds = [...doubtsOf(rollout, judgement)]
  if (judgement.verdict === 'cannot-see') return holds
  const step = presentStep(rollout)
  if (rollout.phase !== 'holding' || rollout.plan.watch !== 'analysis' || step.kind !== 'share') return holds
  const enough = isLastShare(rollout) ? judgement.proven : judgement.provenCoarse
  if (enough || rollout.passedStep === rollout.step) return holds
  holds.push(hold(rollout, 'not-enough-data', rollout.id, judgement.missing, 'Wait; more traffic would help.'))
  if (nowMs - rollout.sinceMs >= rollout.plan.deadlineMs) holds.push(deadlineHold(rollout))
  return holds
}

function deadlineHold(rollout: Rollout): Hold {
  const held = hold(
    rollout,
    'deadline',
    rollout.id,
    `${seconds(rollout.plan.deadlineMs)} at ${stepName(rollout)} have passed without a proof of health; it goes back by itself if nobody lets it pass`,
    `Look at the numbers; then \`cofferdam promotion pass ${rollout.promotion} --reason …\` or \`abort\`.`,
    rollout.sinceMs + rollout.plan.deadlineMs,
  )
  return { ...held, untilMs: heldUntilMs(rollout) }
}

/** What keeps traffic from moving up while the instances of the next step start. */
function doubts(rollout: Rollout, seen: RolloutSeen): readonly Hold[] {
  const { judgement } = seen
  return judgement && rollout.plan.watch !== 'facts' && !wasPassed(rollout) ? doubtsOf(rollout, judgement) : []
}

function doubtsOf(rollout: Rollout, judgement: JudgementSeen): readonly Hold[] {
  if (judgement.verdict === 'cannot-see') {
    const blind = hold(
      rollout,
      'cannot-see',
      judgement.blindBecause?.gateway ?? rollout.id,
      judgement.blindBecause?.text ??
        'the measurements of the gateways are missing or stale; it goes back by itself if they stay away',
      judgement.blindBecause
        ? 'Look at the log of the gateway; this says nothing about the build.'
        : 'See that the gateways run; `cofferdam status` lists them.',
      judgement.blindSinceMs,
    )
    return [
      judgement.blindSinceMs === undefined
        ? blind
        : { ...blind, untilMs: judgement.blindSinceMs + blindPatienceMs(rollout) },
    ]
  }
  if (!judgement.suspected) return []
  return [
    hold(
      rollout,
      'harm-suspected',
      rollout.id,
      `the latest measurements speak for harm, mostly ${judgement.worst}: evidence ${judgement.harm.toFixed(1)}, it goes back at ${judgement.limit}`,
      'Wait: it fades or it goes back by itself.',
    ),
  ]
}

function returnHolds(pool: Pool, rollout: Rollout, seen: RolloutSeen): readonly Hold[] {
  if (rollout.back?.shifted === false)
    return [
      hold(
        rollout,
        'not-ready',
        rollout.id,
        `no host of ${rollout.from.name} can serve yet, so ${rollout.to.name} still answers`,
        `Its hosts are being started; \`cofferdam logs ${rollout.service} --environment ${rollout.environment}\` shows what they say.`,
      ),
    ]
  if (rollout.back?.confirmed === false)
    return [
      hold(
        rollout,
        'not-ready',
        rollout.id,
        'the gateways have not all confirmed the table that takes it back',
        'Nothing to do: it is sent again.',
      ),
    ]
  const missing = notReady(rollout, Object.values(pool.instances), seen)
  if (missing.length > 0) return missing
  const wanted = new Set(instancesOf(pool, rollout).map((one) => one.instance))
  const left = [...seen.instances.keys()].filter((id) => !wanted.has(id))
  if (left.length === 0) return []
  return [
    hold(
      rollout,
      'not-ready',
      rollout.id,
      left.length === 1
        ? '1 instance that nobody needs any more still ends'
        : `${left.length} instances that nobody needs any more still end`,
      'Nothing to do: traffic is back already.',
    ),
  ]
}

function notReady(rollout: Rollout, ids: readonly string[], seen: RolloutSeen): readonly Hold[] {
  const waiting = ids.filter((id) => !seen.instances.get(id)?.ready)
  if (waiting.length === 0) return []
  const failure = waiting.map((id) => seen.instances.get(id)?.failure?.text).find((text) => text !== undefined)
  return [
    hold(
      rollout,
      'not-ready',
      waiting[0] ?? rollout.id,
      `${waiting.length} of ${ids.length} instances are not ready${failure === undefined ? '' : `: ${inOneLine(failure)}`}`,
      `\`cofferdam logs ${rollout.service} --environment ${rollout.environment}\` shows what they say.`,
    ),
  ]
}

/** Holds stand in lists and in lines that are rewritten. */
function inOneLine(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' · ')
  return line.length > 300 ? `${line.slice(0, 299)}…` : line
}

/** What the present step is called in sentences. */
export function stepName(rollout: Rollout): string {
  if (rollout.phase === 'baking') return 'the bake'
  const step = presentStep(rollout)
  return step.kind === 'share' ? `${+(step.share * 100).toFixed(1)} %` : `${step.hosts} of ${rollout.hosts} hosts`
}

function hold(
  rollout: Rollout,
  rule: Hold['rule'],
  on: string,
  text: string,
  help: string,
  sinceMs = rollout.sinceMs,
): Hold {
  return { rule, on, sinceMs, text, help }
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1000)} s`
}
