import { CommandLine } from '../../parts/commandLine.tsx'
import { StatusBadge } from '../../parts/statusBadge.tsx'

const steps = [
  [
    'Describe your services',
    'A cofferdam.yaml names them: how each runs, its paths, its tests.',
    './cofferdam validate',
  ],
  ['Start them', 'Here they appear the moment the first one answers.', './cofferdam up'],
  ['Ship a build', 'Try a bad one too, and see it come back.', './cofferdam deploy SERVICE --wait'],
] as const

/** Before anything runs: the next command, and that it is listened for. */
export function EmptyBoard() {
  return (
    <div className="empty">
      <div>
        <h1>Nothing runs here yet.</h1>
        <p className="lede">
          Give Cofferdam your services, and it takes each change through staging, 5 to 10 % of production and then every
          host, or brings it back by itself.
        </p>
        <ol>
          {steps.map(([title, text, command], index) => (
            <li key={title} className={index === 0 ? 'next' : ''}>
              <span className="n">{index + 1}</span>
              <div>
                <b>{title}</b>
                <p className="soft">{text}</p>
                <CommandLine command={command} />
              </div>
            </li>
          ))}
        </ol>
        <p className="soft">
          No services at hand? <code>./cofferdam demo</code> starts four with traffic. Ctrl-C leaves nothing behind.
        </p>
        <p>
          <StatusBadge kind="run">Listening on {location.host}. No service has answered yet.</StatusBadge>
        </p>
      </div>
    </div>
  )
}
