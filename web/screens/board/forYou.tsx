import { Link } from '@tanstack/react-router'
import type { Need } from '../../live/needs.ts'
import { TimeAgo } from '../../parts/timeAgo.tsx'

/** What only a person can move on, each with where to decide it. */
export function ForYou({ needs }: { readonly needs: readonly Need[] }) {
  return (
    <section id="yours" aria-labelledby="yours-head">
      <div className="sec">
        <h2 id="yours-head">For you</h2>
        <p>nothing else needs a hand</p>
      </div>
      <ol className="todo">
        {needs.map(({ promotion, service, build, hold }, index) => (
          <li key={`${promotion} ${hold.rule}`}>
            <span className="n">{index + 1}</span>
            <p>
              <b>
                {service} {build}
              </b>
              : {hold.text}
            </p>
            <span className="meta">
              <TimeAgo at={hold.since} />
            </span>
            <Link className="btn btn-s btn-go" to="/promotions/$id" params={{ id: promotion }}>
              Decide
            </Link>
          </li>
        ))}
      </ol>
    </section>
  )
}
