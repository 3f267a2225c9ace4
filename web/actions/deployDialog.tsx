import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import type { Promotion, AlreadyDocument } from '../../src/http/contract/documents.ts'
import { shortDigest } from '../format/units.ts'
import { buildsQuery, planQuery, statusQuery } from '../live/queries.ts'
import { ApiError, postChange } from '../live/request.ts'
import { noteRefusal } from '../live/session.ts'
import { CommandLine } from '../parts/commandLine.tsx'
import { DialogFrame } from '../parts/dialogFrame.tsx'
import { quote } from '../format/quote.ts'

/** Picks a build of a service and sends it on its way; says beforehand what its canary could find. */
export function DeployDialog(props: {
  readonly service?: string
  /** Digest of the build that is picked at first. */
  readonly build?: string
  readonly onClose: () => void
}) {
  const { service: wanted, build, onClose } = props
  const id = useId()
  const navigate = useNavigate()
  const { data: status } = useQuery(statusQuery)
  const names = [...new Set(status?.environments.flatMap((one) => one.services.map(({ name }) => name)) ?? [])]
  const [service, setService] = useState(wanted ?? names[0] ?? '')
  const builds = useQuery({ ...buildsQuery(service), enabled: service !== '' })
  const [digest, setDigest] = useState(build)
  const chosen = builds.data?.find((build) => build.digest === digest)
  const plan = useQuery({ ...planQuery(service, digest ?? ''), enabled: chosen !== undefined })
  const [failure, setFailure] = useState('')
  const [isAsking, setAsking] = useState(false)

  const deploy = async (): Promise<void> => {
    if (chosen === undefined) return setFailure('Pick a build first.')
    setAsking(true)
    setFailure('')
    try {
      const body = { service, build: chosen.digest }
      const answer = await postChange<Promotion | AlreadyDocument>('/promotions', body)
      if ('already' in answer) return setFailure(`${answer.text}.`)
      onClose()
      void navigate({ to: '/promotions/$id', params: { id: answer.id } })
    } catch (error) {
      noteRefusal(error)
      const help = error instanceof ApiError ? (error.problem?.help ?? '') : ''
      setFailure(`${error instanceof Error ? error.message : String(error)}. ${help}`)
    } finally {
      setAsking(false)
    }
  }

  return (
    <DialogFrame title="Deploy" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!isAsking) void deploy()
        }}
      >
        <p className="ask">It goes through every stage by itself, and comes home by itself when it does harm.</p>
        <label htmlFor={id}>
          Service
          <select
            id={id}
            className="field"
            value={service}
            onChange={(event) => {
              setService(event.target.value)
              setDigest(undefined)
            }}
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <div className="builds" role="radiogroup" aria-label="Build">
          {(builds.data ?? []).map((build) => (
            <label key={build.digest}>
              <input
                type="radio"
                name={`${id}-build`}
                checked={build.digest === digest}
                onChange={() => setDigest(build.digest)}
              />
              <code>{build.name}</code>
              <code className="muted">{shortDigest(build.digest)}</code>
              {build.about !== undefined && <small>{build.about}</small>}
            </label>
          ))}
          {builds.data?.length === 0 && (
            <p className="soft">No build of {service} is known yet: build add makes one.</p>
          )}
        </div>
        {plan.data && <p className="ask">{plan.data.text}</p>}
        <p className="field-err" role="alert">
          {failure}
        </p>
        <div className="foot">
          <button type="submit" className="btn btn-go" aria-disabled={isAsking}>
            {isAsking ? 'Asked …' : 'Deploy'}
          </button>
          <button type="button" className="btn" onClick={onClose}>
            Not now
          </button>
        </div>
        <CommandLine
          command={`./cofferdam deploy ${service}${chosen ? ` --build ${quote(chosen.name)}` : ''} --wait`}
        />
      </form>
    </DialogFrame>
  )
}
