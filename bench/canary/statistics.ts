/** The value that the part `p` of the sorted values does not exceed; Infinity counts as never. */
export function quantile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))]!
}

export function shareOf(values: readonly number[]): number {
  return values.filter((value) => value < Number.POSITIVE_INFINITY).length / values.length
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Two standard errors of a share of `p` in `runs` runs. */
export function twoErrors(p: number, runs: number): number {
  return 2 * Math.sqrt((p * (1 - p)) / runs)
}

export function seconds(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'never'
  if (value < 150) return `${Math.round(value)}s`
  return `${(value / 60).toFixed(1)}m`
}

/** "median/p95" with the share that was found when some were not. */
export function found(values: readonly number[]): string {
  const share = shareOf(values)
  if (share === 0) return 'never'
  const part = share < 1 ? ` (${Math.round(share * 100)} %)` : ''
  if (share < 0.5) return `${Math.round(share * 100)} % found`
  return `${seconds(quantile(values, 0.5))}/${seconds(quantile(values, 0.95))}${part}`
}

export function percent(share: number): string {
  const value = share * 100
  return value === 0 ? '0' : value < 10 ? value.toFixed(1) : value.toFixed(0)
}

/** A table in plain text, columns aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((w, i) => (cells[i] ?? '').padEnd(w)).join(' | ')} |`
  return [line(header), `|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`, ...rows.map(line)].join('\n')
}
