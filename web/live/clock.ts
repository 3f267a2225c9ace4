import { useSyncExternalStore } from 'react'

/** Server's clock minus ours, ms: ages are those of the control plane, whatever this machine thinks the time is. */
let offsetMs = 0
/** Of the last tick: what is drawn at the same moment shows the same time. */
let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** Epoch ms by the control plane's clock. */
export function serverNow(): number {
  return Date.now() + offsetMs
}

/** Tells what the control plane's clock says. A difference below 1 s is the way of the message. */
export function setServerTime(atMs: number): void {
  const difference = atMs - Date.now()
  if (Math.abs(difference - offsetMs) > 1_000) offsetMs = difference
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed)
  // Nobody has looked for a while: the last tick is long ago.
  if (timer === undefined) now = serverNow()
  timer ??= setInterval(() => {
    now = serverNow()
    for (const tick of listeners) tick()
  }, 1_000)
  return () => {
    listeners.delete(changed)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Now, once for all that show an age: `everyMs` coarse, so that what is old is not drawn again each second. */
export function useNow(everyMs = 1_000): number {
  return useFromNow((nowMs) => Math.floor(nowMs / everyMs) * everyMs)
}

/** Something that follows from the time; drawn again only when it is another. */
export function useFromNow<T extends string | number>(derive: (nowMs: number) => T): T {
  return useSyncExternalStore(subscribe, () => derive(now))
}
