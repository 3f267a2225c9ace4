import { nearest } from '../domain/nearest.ts'

/** What a text with a unit means, or what was probably meant by it. */
export type Quantity = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly nearest?: string }

const durationMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const sizeBytes: Readonly<Record<string, number>> = { KB: 1_024, MB: 1_024 * 1_024 }

const durationWords: Readonly<Record<string, string>> = {
  msec: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  mm: 'm',
  ss: 's',
}
const sizeWords: Readonly<Record<string, string>> = { k: 'KB', kib: 'KB', m: 'MB', mib: 'MB' }

/** `250ms 5s 10m 1h` → milliseconds, rounded to whole ones. */
export function parseDuration(text: string): Quantity {
  const parts = split(text)
  const factor = parts && Object.hasOwn(durationMs, parts.unit) ? durationMs[parts.unit] : undefined
  if (parts && factor !== undefined) return { ok: true, value: Math.round(Number(parts.number) * factor) }
  if (/^\s*\d+\s*d(ays?)?\s*$/i.test(text)) return suggest(String(Number.parseInt(text, 10) * 24), 'h')
  return guess(text, durationWords, Object.keys(durationMs), 's')
}

/** `KB MB` → bytes. 1 KB is 1,024 bytes and 1 MB is 1,024 KB, as memory is counted. */
export function parseSize(text: string): Quantity {
  const parts = split(text)
  const factor = parts && Object.hasOwn(sizeBytes, parts.unit) ? sizeBytes[parts.unit] : undefined
  if (parts && factor !== undefined) return { ok: true, value: Math.round(Number(parts.number) * factor) }
  if (/^\s*\d+\s*g(i?b)?\s*$/i.test(text)) return suggest(String(Number.parseInt(text, 10) * 1_024), 'MB')
  return guess(text, sizeWords, Object.keys(sizeBytes), 'MB')
}

/** `5%` → 0.05. */
export function parsePercent(text: string): Quantity {
  const parts = split(text)
  if (parts?.unit === '%') return { ok: true, value: hundredth(parts.number) }
  return guess(text, { percent: '%', pp: '%' }, ['%'], '%')
}

/** Percentage points that are added: `1pp` → 0.01. */
export function parsePoints(text: string): Quantity {
  const parts = split(text)
  if (parts?.unit === 'pp') return { ok: true, value: hundredth(parts.number) }
  return guess(text, { '%': 'pp', p: 'pp', percent: 'pp' }, ['pp'], 'pp')
}

export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's']) {
    const factor = durationMs[unit] ?? 1
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`
  }
  return ms === 0 ? '0s' : `${ms}ms`
}

export function formatSize(bytes: number): string {
  const megabyte = 1_024 * 1_024
  return bytes % megabyte === 0 ? `${bytes / megabyte}MB` : `${bytes / 1_024}KB`
}

export function formatPercent(fraction: number): string {
  return `${hundredfold(fraction)}%`
}

export function formatPoints(fraction: number): string {
  return `${hundredfold(fraction)}pp`
}

// Through the decimal text, because 12.3 / 100 is not 0.123 in binary.
function hundredth(number: string): number {
  return Number(`${number}e-2`)
}

function hundredfold(fraction: number): number {
  return Number((fraction * 100).toPrecision(12))
}

function split(text: string): { readonly number: string; readonly unit: string } | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|KB|MB|%|pp)$/.exec(text)
  return match?.[1] !== undefined && match[2] !== undefined ? { number: match[1], unit: match[2] } : undefined
}

function guess(
  text: string,
  words: Readonly<Record<string, string>>,
  units: readonly string[],
  usual: string,
): Quantity {
  const match = /^\s*(\d{1,12}(?:[.,]\d{1,6})?)\s*([a-zA-Z%]{0,14})\s*$/.exec(text)
  const number = match?.[1]?.replace(',', '.')
  const unit = match?.[2] ?? ''
  if (number === undefined) return { ok: false }
  if (unit === '') return suggest(number, usual)
  const word = unit.toLowerCase()
  const meant = Object.hasOwn(words, word)
    ? words[word]
    : (units.find((u) => u.toLowerCase() === word) ?? nearest(unit, units))
  return meant === undefined ? { ok: false } : suggest(number, meant)
}

function suggest(number: string, unit: string): Quantity {
  return { ok: false, nearest: `${number}${unit}` }
}
