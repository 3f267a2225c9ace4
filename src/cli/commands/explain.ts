import { CofferdamError } from '../../domain/errors.ts'
import type { Explanation } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatTable } from '../print/formatTable.ts'

export async function explain({ args, options, client, print }: CommandInput): Promise<number> {
  const [method = '', url = ''] = args
  const headers = Object.fromEntries(options.texts('header').map(readHeader))
  const found = await client().post<Explanation>('/explain', { method: method.toUpperCase(), url, headers })
  print(found, () => formatExplanation(found))
  return 0
}

function readHeader(text: string): readonly [string, string] {
  const at = text.indexOf(':')
  const name = text.slice(0, Math.max(0, at)).trim().toLowerCase()
  if (name === '') throw new CofferdamError('usage', `-H is ${JSON.stringify(text)}; allowed is 'name: value'`)
  return [name, text.slice(at + 1).trim()]
}

function formatExplanation({ service, environment, layer, build, host, status, why }: Explanation): string {
  const answer =
    service === null
      ? `${status}: no service of ${environment} answers this`
      : `${service} in ${environment}, build ${build ?? '?'}, layer ${layer ?? '?'}, host ${host ?? 'any of the pool'} (${status})`
  return `${answer}\n${formatTable(why.map(({ rule, text }) => [`  ${rule}`, text]))}`
}
