import { CofferdamError } from '../domain/errors.ts'
import { lockHome, readLockHolder, type HomeLock } from '../store/lock.ts'

/** What hangs on a supervisor that was killed is gone within 5 s. */
const leavesWithinMs = 6_000
const lookEveryMs = 100

/**
 * Takes a home for a supervisor, before anything of it is touched.
 *
 * @param adopts a control plane that runs without a supervisor is taken over; else it is waited for, and refused when it stays.
 * @throws `home-locked`, naming the processes that work there.
 */
export async function claimHome(home: string, adopts: boolean): Promise<HomeLock> {
  refuseSupervised(home)
  const lock = lockHome(home, 'supervisor')
  for (const deadline = performance.now() + leavesWithinMs; !adopts; await pause()) {
    const controlPlane = readLockHolder(home)
    if (controlPlane === undefined) break
    if (performance.now() < deadline) continue
    lock.release()
    throw new CofferdamError(
      'home-locked',
      `the home ${home} is used by the control plane with pid ${controlPlane}, which runs without a supervisor`,
      { details: { pid: controlPlane } },
    )
  }
  return lock
}

/** @throws `home-locked` while a `demo` or an `up` keeps the home running. */
export function refuseSupervised(home: string): void {
  const supervisor = readLockHolder(home, 'supervisor')
  if (supervisor === undefined) return
  const controlPlane = readLockHolder(home)
  const whose =
    controlPlane === undefined
      ? `the supervisor with pid ${supervisor}`
      : `the control plane with pid ${controlPlane}, which the supervisor with pid ${supervisor} keeps running`
  throw new CofferdamError('home-locked', `the home ${home} is used by ${whose}`, {
    details: { pid: controlPlane ?? supervisor, supervisor },
  })
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, lookEveryMs)
  })
}
