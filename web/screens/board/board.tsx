import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ListFilter, Rocket } from 'lucide-react'
import { useState } from 'react'
import { DeployDialog } from '../../actions/deployDialog.tsx'
import { useNow } from '../../live/clock.ts'
import { isUnderWay, useNeeds } from '../../live/needs.ts'
import { promotionsQuery, statusQuery } from '../../live/queries.ts'
import { ActionButton, useOffReason } from '../../parts/actionButton.tsx'
import { CommandLine } from '../../parts/commandLine.tsx'
import { Loading } from '../../parts/loading.tsx'
import { Problem } from '../../parts/problem.tsx'
import { usePageTitle } from '../../shell/pageTitle.ts'
import { BreakIt } from './breakIt.tsx'
import { EmptyBoard } from './emptyBoard.tsx'
import { ForYou } from './forYou.tsx'
import { JustNow } from './justNow.tsx'
import { inWords, sayBoard } from './sayBoard.ts'
import { ServiceTable } from './serviceTable.tsx'

const route = getRouteApi('/')

/** Who is where, what moves, what is held and why, what came home. */
export function Board() {
  usePageTitle()
  const status = useQuery(statusQuery)
  const promotions = useQuery(promotionsQuery)
  const needs = useNeeds()
  const off = useOffReason()
  const now = useNow(15_000)
  const { show, owner } = route.useSearch()
  const navigate = route.useNavigate()
  const [isDeploying, setDeploying] = useState(false)
  if (status.isError && !status.data) return <Problem error={status.error} what="The board" />
  if (!status.data) return <Loading what="what runs where" />
  if (status.data.environments.every((one) => one.services.length === 0)) return <EmptyBoard />
  const known = promotions.data ?? []
  const held = known.filter((one) => isUnderWay(one) && one.holds.length > 0).length
  return (
    <>
      <div className="head">
        <div>
          <h1>{sayBoard(known, needs.length, now)}</h1>
          <p className="lede">{lede(held, status.data.gateways.filter((one) => one.silent).length)}</p>
        </div>
        <div className="acts-col">
          <div className="acts">
            <button
              type="button"
              className="btn btn-s"
              aria-pressed={show === 'moving'}
              onClick={() => void navigate({ search: toggleMoving })}
            >
              <ListFilter className="i i-s" aria-hidden="true" />
              {show === 'moving' ? 'Show all' : 'Moving and held'}
            </button>
            <ActionButton name="Deploy…" icon={Rocket} isSmall onPress={() => setDeploying(true)} />
          </div>
          {off !== undefined && <p className="why-not">{off}</p>}
          <CommandLine command="./cofferdam status" />
        </div>
      </div>
      <div className="board-wrap">
        <div>
          {needs.length > 0 && <ForYou needs={needs} />}
          <ServiceTable
            status={status.data}
            promotions={known}
            onlyMoving={show === 'moving'}
            {...(owner === undefined ? {} : { owner })}
          />
          <BreakIt status={status.data} />
        </div>
        <JustNow />
      </div>
      {isDeploying && <DeployDialog onClose={() => setDeploying(false)} />}
    </>
  )
}

function lede(held: number, silent: number): string {
  if (silent > 0)
    return `${silent === 1 ? 'A gateway does' : `${silent} gateways do`} not answer: nothing rises until it does.`
  if (held === 0) return 'What moves goes on by itself, and comes home by itself when it does harm.'
  return `${held === 1 ? 'One of them waits, and says why.' : `${inWords(held)} of them wait, and say why.`} What is held goes on by itself unless it is listed for you.`
}

function toggleMoving({ show, ...rest }: { readonly show?: 'moving'; readonly owner?: string }) {
  return show === 'moving' ? rest : { ...rest, show: 'moving' as const }
}
