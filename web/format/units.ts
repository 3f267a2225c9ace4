/** A no-break space: a number and its unit stay on one line. */
export const nbsp = '\u00a0'

/** `5 %`, `4.9 %`, `0.18 %`: two significant digits below 1, one decimal below 10; `0 %` and `100 %` as they are. */
export function percent(fraction: number): string {
  const value = fraction * 100
  if (value === 0 || Number.isInteger(Number(value.toFixed(6)))) return `${Number(value.toFixed(6))}${nbsp}%`
  if (value >= 10) return `${value.toFixed(value >= 99.5 ? 1 : 0)}${nbsp}%`
  if (value >= 1) return `${value.toFixed(1)}${nbsp}%`
  return `${Number(value.toPrecision(2))}${nbsp}%`
}

/** `8,590` */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 host`, `2 hosts` */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)}${nbsp}${value === 1 ? one : many}`
}

/** A duration in words: `250 ms`, `32 s`, `6 min 12 s`, `4 h 51 min`, `3 days`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}${nbsp}ms`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds}${nbsp}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes}${nbsp}min` : `${minutes}${nbsp}min ${seconds % 60}${nbsp}s`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours}${nbsp}h` : `${hours}${nbsp}h ${minutes % 60}${nbsp}min`
  return `${Math.floor(hours / 24)}${nbsp}days`
}

/** A latency: `18 ms`, `1.42 s`. */
export function latency(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)}${nbsp}s`
  return `${ms >= 100 ? Math.round(ms) : Number(ms.toPrecision(2))}${nbsp}ms`
}

/** A rate of requests: `1,480 req/s`, `0.4 req/s`. */
export function rate(perSecond: number): string {
  const shown = perSecond >= 10 ? count(Math.round(perSecond)) : String(Number(perSecond.toFixed(1)))
  return `${shown}${nbsp}req/s`
}

/** Evidence as a factor: `7.4`, `21`. */
export function factor(value: number): string {
  return value >= 10 ? count(Math.round(value)) : value.toFixed(1)
}

/** First digits of a digest, without its algorithm. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12)
}
