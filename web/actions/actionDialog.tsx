import { useQuery } from '@tanstack/react-query'
import { ArrowLeftRight, Clock, Info, type LucideIcon, Server, Users } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Promotion } from '../../src/http/contract/documents.ts'
import { count, duration, percent, plural } from '../format/units.ts'
import { buildOf, isUnderWay } from '../live/needs.ts'
import { planQuery, serviceQuery } from '../live/queries.ts'
import { postChange } from '../live/request.ts'
import { noteRefusal } from '../live/session.ts'
import { ReasonDialog } from '../parts/reasonDialog.tsx'
import { type ActionName, toCommand } from './actions.ts'

interface Effect {
  readonly icon: LucideIcon
  readonly text: ReactNode
}

/** The dialog of an action on a promotion: what it will do, in numbers, and how long the way back takes. */
export function ActionDialog(props: {
  readonly name: ActionName
  readonly promotion: Promotion
  readonly onClose: () => void
}) {
  const { name, promotion, onClose } = props
  const plan = useQuery(planQuery(promotion.service, buildOf(promotion).digest))
  const service = useQuery(serviceQuery(promotion.service))
  const wayBack = plan.data?.wayBack
  const before = service.data?.promotions.find((one) => one.phase === 'done')?.replaces?.name
  const effects = describeEffects(name, promotion, {
    back: wayBack === undefined ? 'a moment' : `about ${duration(wayBack.ms)}`,
    ...(wayBack === undefined ? {} : { note: wayBack.text }),
    ...(before === undefined ? {} : { before }),
  })
  return (
    <ReasonDialog
      name={name}
      question={askFor(name, promotion, before)}
      needsReason={name === 'Pass hold'}
      isHarsh={name === 'Abort' || name === 'Roll back'}
      wayOut={name === 'Pass hold' ? 'Keep waiting' : 'Leave as it is'}
      command={(reason) => toCommand(name, promotion, reason)}
      act={async (reason) => {
        try {
          await change(name, promotion, reason)
        } catch (error) {
          noteRefusal(error)
          throw error
        }
      }}
      onClose={onClose}
    >
      <ul className="does">
        {effects.map(({ icon: Icon, text }, index) => (
          <li key={index}>
            <Icon aria-hidden="true" />
            <span>{text}</span>
          </li>
        ))}
      </ul>
    </ReasonDialog>
  )
}

function change(name: ActionName, promotion: Promotion, reason: string): Promise<unknown> {
  const body = reason === '' ? {} : { reason }
  if (name === 'Roll back') return postChange('/rollbacks', { service: promotion.service, ...body })
  const verb = { Abort: 'abort', Retry: 'retry', 'Pass hold': 'pass' }[name]
  return postChange(`/promotions/${encodeURIComponent(promotion.id)}/${verb}`, body)
}

function askFor(name: ActionName, promotion: Promotion, before: string | undefined): string {
  const build = `${promotion.service} ${buildOf(promotion).name}`
  if (name === 'Abort') return `Take ${build} back now?`
  if (name === 'Retry') return `Send ${build} on its way again?`
  if (name === 'Pass hold') return `Let ${build} go on although its health is not proven?`
  if (isUnderWay(promotion)) return `Take ${build} back now?`
  return `Return ${promotion.service} to ${before ?? 'the build before'}?`
}

interface Numbers {
  readonly back: string
  readonly note?: string
  readonly before?: string
}

function describeEffects(name: ActionName, promotion: Promotion, numbers: Numbers): readonly Effect[] {
  if (name === 'Retry') return retryEffects(promotion)
  if (name === 'Pass hold') return passEffects(promotion)
  const { rollout, replaces } = promotion
  const old = replaces?.name ?? 'the stable build'
  if (!isUnderWay(promotion)) {
    return [
      {
        icon: ArrowLeftRight,
        text: (
          <>
            All traffic of {promotion.service} goes to <b>{numbers.before ?? 'the build before'}</b> in one shift,
            without a canary.
          </>
        ),
      },
      {
        icon: Clock,
        text: 'Its hosts are started first and take over when they are ready: nobody is without an answer.',
      },
      { icon: Info, text: 'A new promotion keeps the record. Holds and freezes do not stand in its way.' },
    ]
  }
  const inProduction = rollout !== undefined && rollout.share.set > 0
  return [
    {
      icon: ArrowLeftRight,
      text: inProduction ? (
        <>
          <b>{percent(rollout.share.set)}</b> of the traffic in {rollout.environment} goes back to <b>{old}</b>, in one
          shift, in <b>{numbers.back}</b>.
        </>
      ) : (
        <>
          It has no traffic of users yet: nothing changes for them
          {rollout ? `; ${old} returns to ${rollout.environment}` : ''}.
        </>
      ),
    },
    ...(rollout && rollout.arms.canary.requests > 0
      ? [
          {
            icon: Users,
            text: `It has served ${plural(rollout.arms.canary.requests, 'request')} so far, ${count(rollout.arms.canary.bad)} of them bad.`,
          },
        ]
      : []),
    { icon: Server, text: numbers.note ?? `${old} stays stable; its hosts run on all the while.` },
    { icon: Info, text: `${promotion.id} ends. The build stays known: Retry sends it on its way again.` },
  ]
}

function retryEffects(promotion: Promotion): readonly Effect[] {
  const first = promotion.stages[0]?.name ?? 'the first stage'
  return [
    {
      icon: ArrowLeftRight,
      text: `A new promotion of the same build begins in ${first}; no user sees it before the tests have passed.`,
    },
    {
      icon: Clock,
      text: promotion.result ? `Last time: ${promotion.result.text}.` : 'It goes through every stage again.',
    },
  ]
}

function passEffects(promotion: Promotion): readonly Effect[] {
  const { rollout } = promotion
  const next = rollout?.plan.steps[rollout.plan.step + 1]
  const nextWords =
    next?.share !== undefined
      ? `${percent(next.share)} of the traffic`
      : next?.hosts !== undefined
        ? `${next.hosts} of ${rollout?.hosts.total ?? next.hosts} hosts`
        : 'the bake'
  return [
    { icon: ArrowLeftRight, text: `The next step is ${nextWords}; now it has ${percent(rollout?.share.set ?? 0)}.` },
    { icon: Users, text: promotion.holds.map((hold) => hold.text).join('; ') },
    { icon: Info, text: 'Guards and the analysis stay on: it still comes home by itself when it does harm.' },
  ]
}
