import { percent } from '../format/units.ts'

export interface Shares {
  readonly canary: number
  readonly baseline: number
}

/** Who gets how much: stable, baseline, canary. */
export function ShareBar(props: {
  readonly shares: Shares
  readonly label: string
  readonly look: 'thin' | 'wide' | 'ghost'
}) {
  const { shares, label, look } = props
  const stable = Math.max(0, 1 - shares.canary - shares.baseline)
  const parts = [
    ['stable', stable],
    ['baseline', shares.baseline],
    ['canary', shares.canary],
  ] as const
  const words = parts.filter(([, share]) => share > 0).map(([name, share]) => `${name} ${percent(share)}`)
  return (
    <div
      className={look === 'thin' ? 'bar' : look === 'ghost' ? 'track ghost' : 'track'}
      role="img"
      aria-label={`${label}: ${words.join(', ')}`}
    >
      {parts.map(
        ([name, share]) =>
          share > 0 && (
            <i
              key={name}
              className={`fill-${name}${name === 'stable' ? ' is-old' : ''}`}
              style={{ width: `${share * 100}%` }}
            />
          ),
      )}
    </div>
  )
}
