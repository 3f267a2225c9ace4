import type { Differs } from '../../src/gateway/hostileRequests.fixture.ts'
import type { Observed } from './observe.ts'

/** How one case went. */
export interface Compared {
  /** Aspects in which both peers agree. */
  readonly agreed: readonly string[]
  /** Of those: aspects in which ours differs. */
  readonly differing: readonly string[]
  /** Differences without a reason, and reasons without a difference. */
  readonly problems: readonly string[]
}

/**
 * Holds our behaviour against that of two peers. Where one of the three has nothing to say about an aspect (a header of a
 * request that was not forwarded), another aspect has told the difference. From another answer everything else follows.
 */
export function compare(ours: Observed, peers: readonly [Observed, Observed], differs: Differs = {}): Compared {
  const [one, other] = peers
  const agreed = Object.keys(one).filter((aspect) => one[aspect] === other[aspect] && ours[aspect] !== undefined)
  const different = agreed.filter((aspect) => ours[aspect] !== one[aspect])
  const differing = different.includes('answer') ? ['answer'] : different
  const unexplained = differing
    .filter((aspect) => differs[aspect] === undefined)
    .map((aspect) => `${aspect}: ours is ${JSON.stringify(ours[aspect])}, theirs ${JSON.stringify(one[aspect])}`)
  const needless = Object.keys(differs)
    .filter((aspect) => !differing.includes(aspect))
    .map((aspect) => `${aspect}: a difference is explained that is not there`)
  return { agreed, differing, problems: [...unexplained, ...needless] }
}
