import { CofferdamError } from '../../domain/errors.ts'
import type { Plan } from '../../http/contract/documents.ts'
import type { CommandInput } from '../command.ts'
import { formatPlan } from '../print/formatPlan.ts'

export async function plan({ args, options, client, print }: CommandInput): Promise<number> {
  const build = options.text('build')
  if (build === undefined) throw new CofferdamError('usage', 'plan needs --build: the name or the digest of a build')
  const found = await client().get<Plan>(
    `/services/${encodeURIComponent(args[0] ?? '')}/plan?build=${encodeURIComponent(build)}`,
  )
  print(found, () => formatPlan(found))
  return 0
}
