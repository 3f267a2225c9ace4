import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandInput } from '../command.ts'
import { isUnreachable } from '../client.ts'

const pollMs = 500
const followedLines = 5_000

export async function logs(input: CommandInput): Promise<number> {
  const { args, options, client, print, terminal } = input
  const query = new URLSearchParams({ service: args[0] ?? '' })
  for (const name of ['environment', 'host', 'promotion']) {
    const value = options.text(name)
    if (value !== undefined) query.set(name, value)
  }
  const lines = options.number('lines', 1, 5_000) ?? 200
  const read = async (count: number): Promise<readonly string[]> => {
    query.set('lines', String(count))
    return (await client().get<{ lines: readonly string[] }>(`/logs?${query.toString()}`)).lines
  }
  if (!options.flag('follow')) {
    const found = await read(lines)
    print({ lines: found }, () => found.map((line) => `${line}\n`).join(''))
    if (found.length === 0)
      terminal.err(
        'nothing was written there; `cofferdam status` lists the hosts that run, --promotion shows what instances wrote that are gone\n',
      )
    return 0
  }
  const show = (fresh: readonly string[]): void => {
    for (const line of fresh) terminal.out(input.isJson ? `${JSON.stringify({ line })}\n` : `${line}\n`)
  }
  let known = await read(followedLines)
  show(known.slice(-lines))
  for (;;) {
    await sleep(pollMs)
    try {
      const now = await read(followedLines)
      show(findNew(known, now))
      known = now
    } catch (error) {
      // It is back soon, or the person who looks on has seen enough.
      if (!isUnreachable(error)) throw error
    }
  }
}

/**
 * The lines of `now` that were not there in `known`. Every line begins with its host, and only the lines of one host
 * are in the order in which they were written.
 */
export function findNew(known: readonly string[], now: readonly string[]): readonly string[] {
  const before = Map.groupBy(known, hostOf)
  return [...Map.groupBy(now, hostOf)].flatMap(([host, lines]) =>
    lines.slice(countKnown(before.get(host) ?? [], lines)),
  )
}

function hostOf(line: string): string {
  return line.split(' ', 1)[0] ?? ''
}

/** How many of the first lines of `now` are in `known`; 0 when more was written in between than was read. */
function countKnown(known: readonly string[], now: readonly string[]): number {
  const isAt = (start: number, part: readonly string[]): boolean =>
    part.every((line, index) => now[start + index] === line)
  for (let start = 0; start < known.length; start++) {
    const rest = known.slice(start)
    if (isAt(0, rest)) return rest.length
  }
  for (let start = now.length - known.length; known.length > 0 && start > 0; start--) {
    if (isAt(start, known)) return start + known.length
  }
  return 0
}
