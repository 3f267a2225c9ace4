import { readFileSync } from 'node:fs'
import { CofferdamError, errorCatalogue, type ErrorCode } from '../domain/errors.ts'
import type { StatusDocument } from '../engine/api.ts'
import type { Child } from './supervise.ts'

/** A process of ours that ended so often before anything was ready will not start; one end may be an accident. */
const hopelessEnds = 3
/** What a person did wrong stays wrong: a second try is enough. */
const hopelessRefusals = 2
const lastLines = 12

/** Says of each host, once, why it cannot run; hosts of one service that fail alike are one line. */
export function createStartReport(say: (text: string) => void): (status: StatusDocument) => void {
  const said = new Set<string>()
  return (status) => {
    for (const environment of status.environments) {
      for (const service of environment.services) {
        const failed = service.hosts.find((host) => !host.ready && host.failure !== undefined)
        const key = `${environment.name}/${service.name}`
        if (failed?.failure === undefined || said.has(key)) continue
        said.add(key)
        const where = `cofferdam logs ${service.name} --environment ${environment.name} --host ${failed.id}`
        say(`${failed.failure}\n  it is tried again; what it wrote: \`${where}\``)
      }
    }
  }
}

/** @throws its own error, or `bug` with its last lines, when a process of ours keeps ending. */
export function throwIfHopeless({ name, log, ends }: Pick<Child, 'name' | 'log' | 'ends'>): void {
  const { count, code } = ends()
  const lines = count < hopelessRefusals ? [] : readLastLines(log)
  const refusal = findRefusal(lines, code)
  if (refusal && count >= hopelessRefusals) throw new CofferdamError(refusal.code, refusal.message)
  if (count < hopelessEnds) return
  const how = code === undefined ? 'killed by a signal' : `with code ${code}`
  throw new CofferdamError(
    'bug',
    `the ${name} ended ${count} times, last ${how}; its last lines in ${log}:\n${lines.join('\n')}`,
  )
}

/** The last `code: message` of the process of ours that ended with this exit code. */
export function findRefusal(
  lines: readonly string[],
  exit: number | undefined,
): { readonly code: ErrorCode; readonly message: string } | undefined {
  for (const line of lines.toReversed()) {
    const [, code, message] = /^([a-z-]+): (.+)$/.exec(line) ?? []
    if (code !== undefined && message !== undefined && isErrorCode(code) && errorCatalogue[code].exit === exit)
      return { code, message }
  }
  return undefined
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}

export function readLastLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lastLines)
  } catch {
    // It ended before it wrote anything.
    return []
  }
}
