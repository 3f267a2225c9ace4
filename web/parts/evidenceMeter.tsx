import { factor } from '../format/units.ts'

/** How strong the evidence is, on both sides: health to the left up to `proof`, harm to the right up to `limit`. */
export function EvidenceMeter(props: {
  readonly health?: number
  readonly proof: number
  readonly harm: number
  readonly limit: number
}) {
  const { health, proof, harm, limit } = props
  const words = [
    ...(health === undefined ? [] : [`proof of health ${factor(health)} of ${factor(proof)}`]),
    `harm ${factor(harm)} of ${factor(limit)}`,
  ].join('; ')
  return (
    <div className={harm >= 10 ? 'meter is-hot' : 'meter'} role="img" aria-label={words}>
      <span className="l">{health !== undefined && <i style={{ width: `${onScale(health, proof)}%` }} />}</span>
      <span className="r">
        <i style={{ width: `${onScale(harm, limit)}%` }} />
      </span>
    </div>
  )
}

/** Evidence from 1 (nothing) to `full`, on a logarithmic scale, as percent. */
export function onScale(evidence: number, full: number): number {
  if (!(evidence > 1)) return 0
  return Math.min(100, (100 * Math.log(evidence)) / Math.log(full))
}
