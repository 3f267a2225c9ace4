import type { Replay } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatCount } from '../print/units.ts'

/** Exit 1 when the stored observations do not give the decisions that were taken. */
export async function replayPromotion({ args, client, print }: CommandInput): Promise<number> {
  const replay = await client().get<Replay>(`/promotions/${encodeURIComponent(args[0] ?? '')}/replay`)
  print(replay, () => {
    const compared = `${formatCount(replay.decisions)} decisions over ${formatCount(replay.slices)} slices`
    const { difference } = replay
    if (replay.identical || difference === undefined)
      return replay.identical ? `identical: ${compared}\n` : `DIFFERENT: ${compared}\n`
    return `DIFFERENT at slice ${difference.at} of ${compared}\n  recorded: ${difference.recorded}\n  replayed: ${difference.replayed}\n`
  })
  return replay.identical ? 0 : 1
}
