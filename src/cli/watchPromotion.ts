import { setTimeout as sleep } from 'node:timers/promises'
import type { Promotion } from '../http/contract/documents.ts'
import { type Client, isUnreachable } from './client.ts'
import type { Terminal } from './command.ts'
import { formatProgress, progressKey } from './print/formatProgress.ts'

const pollMs = 500
/** A control plane that was killed is back within 5 s; for so long its silence is not the end. */
const maxSilenceMs = 60_000

export interface WatchOptions {
  /** Waits no longer; the work goes on without us. */
  readonly timeoutMs: number
  /** Called with every document that says something new. */
  readonly onChange: (promotion: Promotion) => void
  /** Called with every document. */
  readonly onPoll?: (promotion: Promotion) => void
}

/**
 * Follows a promotion until it has ended or the time is over; returns its last document.
 *
 * @throws `unreachable` after a minute of silence.
 */
export async function watchPromotion(client: Client, id: string, options: WatchOptions): Promise<Promotion> {
  const startedMs = performance.now()
  let heardMs = startedMs
  let shown = ''
  let last: Promotion | undefined
  for (;;) {
    try {
      last = await client.get<Promotion>(`/promotions/${encodeURIComponent(id)}`)
      heardMs = performance.now()
      options.onPoll?.(last)
      const key = progressKey(last)
      if (key !== shown) options.onChange(last)
      shown = key
      if (hasEnded(last)) return last
    } catch (error) {
      if (!isUnreachable(error) || last === undefined || performance.now() - heardMs > maxSilenceMs) throw error
    }
    const leftMs = options.timeoutMs - (performance.now() - startedMs)
    if (leftMs <= 0 && last !== undefined) return last
    await sleep(Math.min(pollMs, Math.max(leftMs, 10)))
  }
}

/** Shows a promotion as it moves: one line that is rewritten for a person, a line per change for a log. */
export function createProgress(
  terminal: Terminal,
): Pick<WatchOptions, 'onChange' | 'onPoll'> & { readonly end: () => void } {
  if (!terminal.isTty) return { onChange: (promotion) => terminal.out(`${formatProgress(promotion)}\n`), end: () => {} }
  // Some terminals say 0 columns when they do not know.
  const width = (terminal.columns === undefined || terminal.columns < 20 ? 120 : terminal.columns) - 1
  let isOpen = false
  return {
    onChange: () => {},
    onPoll: (promotion) => {
      // A line that wraps could not be rewritten.
      const line = formatProgress(promotion).slice(0, width)
      terminal.out(`\r\u001b[K${line}`)
      isOpen = true
    },
    end: () => {
      if (isOpen) terminal.out('\r\u001b[K')
      isOpen = false
    },
  }
}

export function hasEnded({ phase }: Promotion): boolean {
  return phase === 'done' || phase === 'rolled-back' || phase === 'aborted' || phase === 'superseded'
}

/** 0 it arrived, 4 it went back, 5 it is still under way. */
export function exitCodeOf(promotion: Promotion): number {
  if (!hasEnded(promotion)) return 5
  return promotion.phase === 'done' ? 0 : 4
}
