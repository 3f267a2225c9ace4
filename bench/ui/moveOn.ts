import type { World } from '../../test/browser/oddWorld.ts'

/** The same world so many seconds later: every promotion has served more, every service has other traffic. */
export function moveOn(world: World, second: number): World {
  const share = ((second % 10) + 1) / 100
  const requests = second * 30
  return {
    ...world,
    promotions: world.promotions.map((one) =>
      one.rollout === undefined
        ? one
        : {
            ...one,
            rollout: {
              ...one.rollout,
              share: { set: share, seen: share * 0.98 },
              arms: {
                stable: { requests: requests * 9, bad: second },
                canary: { requests, bad: second % 7 },
                baseline: { requests, bad: second % 5 },
              },
            },
          },
    ),
    traffic: {
      services: world.traffic.services.map((one, index) => ({
        ...one,
        requests: one.requests.map((_, at) => 10 + ((second + at + index) % 9)),
      })),
    },
  }
}
