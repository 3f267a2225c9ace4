import type { Promotion } from '../../../src/http/contract/documents.ts'
import { count, duration, percent } from '../../format/units.ts'
import { buildOf } from '../../live/needs.ts'
import { needsPerson } from '../../parts/holdLine.tsx'

export interface Saying {
  /** The state as a sentence. */
  readonly title: string
  /** What is known, and whether anybody must do anything. */
  readonly lede: string
  /** For the tab: `5 % · cart red-button`. */
  readonly brief: string
}

/** What a promotion's page says first. The reason of an end is the engine's own sentence. */
export function sayPromotion(promotion: Promotion): Saying {
  const build = `${promotion.service} ${buildOf(promotion).name}`
  const old = promotion.replaces?.name ?? 'the stable build'
  const { result, rollout, stage } = promotion
  if (promotion.phase === 'done')
    return { title: `${build} serves everyone.`, lede: result?.text ?? 'It arrived.', brief: `done · ${build}` }
  if (promotion.phase === 'superseded')
    return {
      title: `${build} gave way to a newer build.`,
      lede: 'Nobody has to do anything.',
      brief: `superseded · ${build}`,
    }
  if (result !== undefined) {
    const was = result.outcome === 'aborted' ? 'was aborted' : 'was rolled back'
    const now = rollout === undefined ? 'Production never saw it.' : `${old} serves everything again.`
    return { title: `${build} ${was}. ${now}`, lede: sayHarm(promotion), brief: `back · ${build}` }
  }
  if (promotion.phase === 'rolling-back')
    return {
      title: `${build} is on its way back to ${old}.`,
      lede: 'Traffic first, instances after.',
      brief: `back · ${build}`,
    }
  if (promotion.phase === 'waiting')
    return { title: `${build} waits for its turn in ${stage}.`, lede: todo(promotion), brief: `waits · ${build}` }
  const here = whereItIs(promotion)
  return { title: `${build} ${here.words} ${here.next}`, lede: todo(promotion), brief: `${here.brief} · ${build}` }
}

/** What users felt of it; the reason of its end stands in the verdict below. */
function sayHarm({ rollout, stages, stage }: Promotion): string {
  if (rollout === undefined || stage === stages[0]?.name) return 'No user has seen it. Nobody has to do anything.'
  const { requests, bad } = rollout.arms.canary
  if (requests === 0) return 'It had no request of a user. Nobody has to do anything.'
  return `${bad === 0 ? 'None' : count(bad)} of the ${count(requests)} requests that it served went wrong. Nobody has to do anything now.`
}

function whereItIs(promotion: Promotion): { readonly words: string; readonly next: string; readonly brief: string } {
  const { rollout, stage, stages } = promotion
  const later = stages[stages.findIndex((one) => one.name === stage) + 1]?.name
  if (rollout === undefined || stages[0]?.name === stage)
    return { words: `is tested in ${stage}.`, next: later === undefined ? '' : `Next: ${later}.`, brief: stage }
  const { plan, share, hosts, environment, phase } = rollout
  const next = plan.steps[plan.step + 1]
  if (phase === 'baking')
    return {
      words: `runs on every host of ${environment} and bakes.`,
      next: `The way back stays open for ${duration(plan.bakeMs)} in all.`,
      brief: 'bakes',
    }
  const nextWords =
    next === undefined
      ? 'Next: the bake.'
      : next.share !== undefined
        ? `Next: ${percent(next.share)}.`
        : `Next: ${next.hosts} of ${hosts.total} hosts.`
  if (hosts.onNew > 0)
    return {
      words: `runs on ${hosts.onNew} of ${hosts.total} hosts of ${environment}.`,
      next: nextWords,
      brief: `${hosts.onNew} of ${hosts.total}`,
    }
  if (share.set === 0) return { words: `starts its first instances in ${environment}.`, next: nextWords, brief: stage }
  return { words: `serves ${percent(share.set)} of ${environment}.`, next: nextWords, brief: percent(share.set) }
}

/** Whether anybody must do anything, and what it waits for. */
function todo(promotion: Promotion): string {
  const person = promotion.holds.find(needsPerson)
  if (person) return `${capital(person.text)}. It waits for a person: pass the hold, or abort.`
  const first = promotion.holds[0]
  if (first) return `${capital(first.text)}. Nobody has to do anything.`
  return 'Nobody has to do anything.'
}

function capital(text: string): string {
  // An id is written as it is: p-7.
  const first = /^[a-z]+-\d/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase()
  return (first + text.slice(1)).replace(/\.$/, '')
}
