/** `5 %`, `4.9 %`, `0.18 %`: two significant digits below 10 %, because that is where a canary lives. */
export function formatShare(fraction: number): string {
  const percent = fraction * 100
  const digits =
    percent === 0 || percent >= 10 || Number.isInteger(Number(percent.toFixed(6))) ? 0 : percent >= 1 ? 1 : 2
  return `${percent.toFixed(digits)} %`
}

/** `8,590` */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `250 ms`, `32 s`, `5 min`, `1 h 10 min` */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? '' : ` ${minutes % 60} min`}`
}

/** Time of day of an ISO instant, `12:03:44`, in UTC as in the API and the logs. */
export function formatClock(iso: string): string {
  return iso.slice(11, 19)
}

export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}
