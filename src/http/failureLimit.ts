import { RequestError } from './problem.ts'

const windowMs = 60_000
/** A person mistypes, a script that was not told of a new token repeats itself; nobody honest does it more often. */
const mostFailures = 30

export interface FailureLimit {
  /** Counts a credential that was wrong. @throws 429 once there were too many within a minute. */
  readonly count: () => void
}

/**
 * One count for all callers: on loopback they cannot be told apart. It slows those who guess and nobody else: whoever
 * has the token is let in also while others are refused, or any program of this machine could lock out a rollback.
 */
export function createFailureLimit(now: () => number): FailureLimit {
  let window = { startMs: now(), failures: 0 }
  return {
    count: () => {
      const passedMs = now() - window.startMs
      // A clock that was set back begins a new window, too.
      if (passedMs < 0 || passedMs >= windowMs) window = { startMs: now(), failures: 0 }
      window.failures += 1
      if (window.failures <= mostFailures) return
      const seconds = Math.ceil((window.startMs + windowMs - now()) / 1_000)
      throw new RequestError(
        'unauthorized',
        429,
        `more than ${mostFailures} wrong tokens, codes or sessions within a minute; wrong ones are refused unread for ${seconds} s`,
        { headers: { 'retry-after': String(seconds) } },
      )
    },
  }
}
