import { RefreshCw, SkipForward, Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { Promotion } from '../../../src/http/contract/documents.ts'
import { ActionDialog } from '../../actions/actionDialog.tsx'
import { type ActionName, findOffReason } from '../../actions/actions.ts'
import { isUnderWay } from '../../live/needs.ts'
import { ActionButton, useOffReason } from '../../parts/actionButton.tsx'
import { CommandLine } from '../../parts/commandLine.tsx'

const icons = { Retry: RefreshCw, 'Pass hold': SkipForward, 'Roll back': Undo2, Abort: Undo2 } as const

/** What can be done with a promotion. What cannot stays in its place, with the reason. */
export function PromotionActions({ promotion }: { readonly promotion: Promotion }) {
  const [opened, setOpened] = useState<ActionName>()
  const general = useOffReason()
  const names: readonly ActionName[] = ['Retry', 'Pass hold', 'Roll back', 'Abort']
  const reasons = names.flatMap((name) => {
    const reason = findOffReason(name, promotion)
    return reason === undefined ? [] : [`${name} is off: ${reason}.`]
  })
  return (
    <div className="acts-col">
      <div className="acts">
        {names.map((name) => {
          const off = findOffReason(name, promotion)
          const isWay = name === 'Abort' || (name === 'Roll back' && !isUnderWay(promotion))
          return (
            <ActionButton
              key={name}
              name={name}
              icon={icons[name]}
              {...(isWay ? { look: 'stop' as const } : {})}
              {...(off === undefined ? {} : { off })}
              onPress={() => setOpened(name)}
            />
          )
        })}
      </div>
      <p className="why-not">{general ?? reasons.join(' ')}</p>
      <CommandLine command={`./cofferdam promotion ${isUnderWay(promotion) ? 'watch' : 'show'} ${promotion.id}`} />
      {opened !== undefined && (
        <ActionDialog name={opened} promotion={promotion} onClose={() => setOpened(undefined)} />
      )}
    </div>
  )
}
