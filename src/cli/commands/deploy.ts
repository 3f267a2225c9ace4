import { CofferdamError } from '../../domain/errors.ts'
import type { AlreadyDocument, Promotion } from '../../http/contract/documents.ts'
import { awaitEnd, printEnd } from '../awaitEnd.ts'
import type { CommandInput } from '../command.ts'
import { formatProgress } from '../print/formatProgress.ts'
import { snapshot } from './addBuild.ts'

export async function deploy(input: CommandInput): Promise<number> {
  const { args, options, client, print } = input
  const emergency = readEmergency(input)
  // What is mended at night must not wait for a file that somebody left half written.
  if (emergency === undefined) await applyConfiguration(input)
  const body = {
    service: args[0] ?? '',
    build: await chooseBuild(input),
    ...(emergency === undefined ? {} : { emergency }),
  }
  const answer = await client().post<Promotion | AlreadyDocument>('/promotions', body)
  if ('already' in answer) {
    print(answer, () => `${answer.text}\n`)
    return 0
  }
  if (options.flag('wait')) return printEnd(input, await awaitEnd(input, answer))
  print(
    answer,
    () =>
      `${formatProgress(answer)}\nfollow it with \`cofferdam promotion watch ${answer.id}\`\n${client().url()}/api/v1/promotions/${answer.id}\n`,
  )
  return 0
}

/** What changed in the file that is in use since it was applied; all or nothing. */
async function applyConfiguration({ client }: CommandInput): Promise<void> {
  await client().post('/organisation', {})
}

async function chooseBuild(input: CommandInput): Promise<string> {
  const named = input.options.text('build')
  const from = input.options.text('from')
  if (named !== undefined && from !== undefined) {
    throw new CofferdamError('usage', `--build ${named} and --from ${from} both say what to deploy; give one of them`)
  }
  if (named !== undefined) return named
  const build = await snapshot(input)
  if (!input.isJson) input.terminal.out(`${build.service} ${build.name}  ${build.digest}\n`)
  return build.digest
}

function readEmergency({ options }: CommandInput): { readonly reason: string; readonly incident: string } | undefined {
  const [reason, incident] = [options.text('reason'), options.text('incident')]
  if (!options.flag('emergency')) {
    if (reason === undefined && incident === undefined) return undefined
    throw new CofferdamError('usage', '--reason and --incident belong to --emergency, which was not given')
  }
  if (reason === undefined || incident === undefined) {
    const missing = [reason === undefined ? '--reason' : '', incident === undefined ? '--incident' : ''].filter(
      (flag) => flag !== '',
    )
    throw new CofferdamError(
      'usage',
      `--emergency needs ${missing.join(' and ')}: who looks at it later must know why the checks were skipped`,
    )
  }
  return { reason, incident }
}
