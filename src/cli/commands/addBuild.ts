import { resolve } from 'node:path'
import type { BuildDocument, ServiceDocument } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { shortDigest } from '../print/units.ts'

export async function addBuild(input: CommandInput): Promise<number> {
  const build = await snapshot(input)
  input.print(
    build,
    () =>
      `${build.service} ${build.name}  ${build.digest}\nship it with \`cofferdam deploy ${build.service} --build ${shortDigest(build.digest)}\`\n`,
  )
  return 0
}

/** Snapshots `--from`, or the working folder of the service. */
export async function snapshot({ args, options, terminal, client }: CommandInput): Promise<BuildDocument> {
  const service = args[0] ?? ''
  const given = options.text('from')
  const from =
    given === undefined
      ? (await client().get<ServiceDocument>(`/services/${encodeURIComponent(service)}`)).from
      : resolve(terminal.cwd, given)
  const body: Record<string, string> = { service, from }
  for (const name of ['command', 'name', 'commit', 'about']) {
    const value = options.text(name)
    if (value !== undefined) body[name] = value
  }
  return client().post<BuildDocument>('/builds', body)
}
