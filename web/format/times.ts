import { nbsp } from './units.ts'

const two = (value: number): string => String(value).padStart(2, '0')
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Time of day in the viewer's zone, `14:31:07`. */
export function clockTime(atMs: number): string {
  const at = new Date(atMs)
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** Time of day without its seconds, `14:31`. */
export function shortClock(atMs: number): string {
  return clockTime(atMs).slice(0, 5)
}

/** How long ago, or when: `42 s ago`, `12 min ago`, `14:20`, `Thu 16:20`, `2 Nov`. */
export function relativeTime(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1_000))
  if (seconds < 60) return `${seconds}${nbsp}s ago`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}${nbsp}min ago`
  const [at, now] = [new Date(atMs), new Date(nowMs)]
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (at.toDateString() === now.toDateString()) return clock
  if (seconds < 6 * 86_400) return `${days[at.getDay()]} ${clock}`
  return `${at.getDate()} ${months[at.getMonth()]}`
}

/** When something was, in the viewer's zone: `14:31:07`, and with its day when that was not today. */
export function dayAndClock(atMs: number, nowMs: number): string {
  const [at, now] = [new Date(atMs), new Date(nowMs)]
  if (at.toDateString() === now.toDateString()) return clockTime(atMs)
  return `${at.getDate()} ${months[at.getMonth()]} ${shortClock(atMs)}`
}

/** The day, in the viewer's zone: `Tue 24 Nov 2026`. */
export function dayOf(atMs: number): string {
  const at = new Date(atMs)
  return `${days[at.getDay()]} ${at.getDate()} ${months[at.getMonth()]} ${at.getFullYear()}`
}

/** Asking for it takes longer than everything else here together. */
let zone: string | undefined

/** Everything, for hover and copy: the viewer's zone and UTC. */
export function absoluteTime(atMs: number): string {
  zone ??= Intl.DateTimeFormat().resolvedOptions().timeZone
  const local = `${dayOf(atMs)}, ${clockTime(atMs)}`
  return zone === 'UTC' ? `${local} UTC` : `${local} ${zone} (${new Date(atMs).toISOString().slice(11, 19)} UTC)`
}
