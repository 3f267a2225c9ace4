import { setTimeout as sleep } from 'node:timers/promises'
import type { CommandInput } from '../command.ts'
import { isUnreachable } from '../client.ts'

const pollMs = 500
const followedLines = 2_000

export async function logs(input: CommandInput): Promise<number> {
  const { args, options, client, print, terminal } = input
  const query = new URLSearchParams({ service: args[0] ?? '' })
  for (const name of ['environment', 'host']) {
    const value = options.text(name)
    if (value !== undefined) query.set(name, value)
  }
  const lines = options.number('lines', 1, 5_000) ?? 200
  const read = async (count: number): Promise<readonly string[]> => {
    query.set('lines', String(count))
    return (await client().get<{ lines: readonly string[] }>(`/logs?${query}`)).lines
  }
  if (!options.flag('follow')) {
    const found = await read(lines)
    print({ lines: found }, () => found.map((line) => `${line}\n`).join(''))
    return 0
  }
  const show = (fresh: readonly string[]): void => {
    for (const line of fresh) terminal.out(input.isJson ? `${JSON.stringify({ line })}\n` : `${line}\n`)
  }
  let known = await read(lines)
  show(known)
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
 * The lines of `now` that come after those of `known`: what follows the longest end of `known` in `now`. All of
 * them when more was written in between than was read.
 */
export function findNew(known: readonly string[], now: readonly string[]): readonly string[] {
  for (let end = now.length; end > 0; end--) {
    const length = Math.min(end, known.length)
    let same = 0
    while (same < length && now[end - 1 - same] === known[known.length - 1 - same]) same++
    if (same > 0 && same === length) return now.slice(end)
  }
  return now
}
