/** The last minute as a line; the present number stands beside it. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const most = Math.max(1, ...values)
  const step = 120 / Math.max(1, values.length - 1)
  const path = values
    .map(
      (value, index) =>
        `${index === 0 ? 'M' : 'L'}${(index * step).toFixed(1)} ${(20 - (18 * value) / most).toFixed(1)}`,
    )
    .join('')
  return (
    <svg className="spark" viewBox="0 0 120 22" preserveAspectRatio="none" role="img" aria-label={label}>
      <path vectorEffect="non-scaling-stroke" d={path} />
    </svg>
  )
}
