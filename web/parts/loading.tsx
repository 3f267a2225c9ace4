import { useEffect, useState } from 'react'

/** Nothing for a moment, then still rows of the coming shape, then words. */
export function Loading({ what }: { readonly what: string }) {
  const [stage, setStage] = useState(0)
  useEffect(() => {
    const timers = [setTimeout(() => setStage(1), 300), setTimeout(() => setStage(2), 5_000)]
    return () => timers.forEach(clearTimeout)
  }, [])
  return (
    <div className="loading" aria-busy="true">
      {stage > 0 &&
        ['a', 'b', 'c'].map((row) => (
          <div key={row} className="ghost-row" aria-hidden="true">
            <i />
            <i />
            <i />
          </div>
        ))}
      {stage === 2 && <p className="soft">Fetching {what} from the control plane.</p>}
      {stage < 2 && <span className="vh">Fetching {what}.</span>}
    </div>
  )
}
