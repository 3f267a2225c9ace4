/** One line of the table. */
export interface Row {
  readonly what: string
  readonly measured: string
  readonly bound: string
}

/** The value below which so many of a hundred lie. @param part 0 to 1 */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}

export function ms(value: number): string {
  return `${Math.round(value).toLocaleString('en-US')} ms`
}
