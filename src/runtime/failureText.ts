import type { InstanceSeen, InstanceSpec } from '../domain/catalog/instance.ts'
import type { Exit } from './backOff.ts'

export type Failure = NonNullable<InstanceSeen['failure']>

function name(spec: InstanceSpec): string {
  return `host "${spec.host}" of "${spec.service}" in "${spec.environment}" (build "${spec.build.name}")`
}

/** Too many exits in the crash window. */
export function crashLoop(spec: InstanceSpec, exits: readonly Exit[], lastLines: readonly string[]): Failure {
  const code = exits.at(-1)?.code ?? -1
  const command = spec.command.join(' ')
  const hint = code === 127 || code === 126 ? ' (the command was not found or is not executable)' : ''
  return {
    cause: 'crash-loop',
    text: `${name(spec)} ended ${exits.length} times within ${spec.crashes.withinMs / 1000} s, last ${ending(code)}${hint}: "${command}"; ${quoteLog(lastLines)}`,
  }
}

/** Never answered its health path in time. */
export function notReady(
  spec: InstanceSpec,
  port: number,
  seen: { readonly last: string; readonly listensOn: readonly number[]; readonly lastLines: readonly string[] },
): Failure {
  const others = seen.listensOn.filter((one) => one !== port)
  const where = others.length === 0 ? '' : `, it listens on port ${others.join(', ')} instead`
  return {
    cause: 'not-ready',
    text: `${name(spec)} did not answer 2xx to GET http://127.0.0.1:${port}${spec.ready.path} within ${spec.ready.withinMs / 1000} s: ${seen.last}${where}; a service listens on $HOST:$PORT; ${quoteLog(seen.lastLines)}`,
  }
}

/** What stands around the one line that says why: frames of a stack, carets below the code, the version of the runtime. */
const around = /^(at |\^+$|node\.js v|throw |[{}\])]+;?$)/i
const says = /^(uncaught )?[\w.]*(error|exception)\b|^(fatal|panic)/i
const mostQuoted = 300

/** The line of a log that says why, else its last three: the sentence goes into lists, and the log is a command away. */
function quoteLog(lines: readonly string[]): string {
  const words = lines.map((line) => line.trim()).filter((line) => line !== '' && !around.test(line))
  const why = words.findLast((line) => says.test(line))
  if (why !== undefined) return `it said: ${clip(why)}`
  return `its last lines: ${clip(words.slice(-3).join(' · ')) || '(none)'}`
}

function clip(text: string): string {
  return text.length > mostQuoted ? `${text.slice(0, mostQuoted - 1)}…` : text
}

/** Could not be started at all. */
export function cannotStart(spec: InstanceSpec, why: string): Failure {
  return { cause: 'cannot-start', text: `${name(spec)} cannot be started: ${why}` }
}

function ending(code: number): string {
  if (code === -1) return 'in an unknown way (nobody saw its exit)'
  return code > 128 ? `with code ${code} (signal ${code - 128})` : `with code ${code}`
}
