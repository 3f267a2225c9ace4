import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runIn } from '../cli.ts'
import type { Row } from '../row.ts'

interface Mistake {
  readonly kind: string
  readonly right: string
  readonly wrong: string
  /** A part of the path that the problem must have. */
  readonly path: string
}

/** Each in a line of its own, of a kind of its own. */
const mistakes: readonly Mistake[] = [
  {
    kind: 'unknown key',
    right: '    owner: search\n',
    wrong: '    owner: search\n    colour: blue\n',
    path: 'services.tag',
  },
  { kind: 'wrong type', right: '    hosts: 4\n', wrong: '    hosts: four\n', path: 'environments.production.hosts' },
  { kind: 'wrong unit of a duration', right: 'grace: 3s', wrong: 'grace: 3 parsecs', path: 'services.blog.stop.grace' },
  {
    kind: 'wrong unit of a size',
    right: '    memory: 160MB\n',
    wrong: '    memory: 160 bananas\n',
    path: 'analysis.guards.memory',
  },
  {
    kind: 'unknown service',
    right: '    dependencies: [blog]\n',
    wrong: '    dependencies: [blogg]\n',
    path: 'services.blog-ui.dependencies',
  },
  {
    kind: 'duplicate route',
    right: '    routes: [/api/comments]\n',
    wrong: '    routes: [/api/tag]\n',
    path: 'routes',
  },
  {
    kind: 'bound of the policy passed',
    right: '    ready: { path: /healthz, within: 10s }\n',
    wrong: '    ready: { path: /healthz, within: 10s }\n    pipeline: { minimum: { share: 1s } }\n',
    path: 'services.blog.pipeline.minimum.share',
  },
  {
    kind: 'wrong kind of a test',
    right: 'unit: { kind: suite,',
    wrong: 'unit: { kind: sweet,',
    path: 'services.blog.tests.unit',
  },
  {
    kind: 'missing required key',
    right: '    routes: [/ui/blog]\n    pages: true\n    run: node src/main.ts\n',
    wrong: '    routes: [/ui/blog]\n    pages: true\n',
    path: 'services.blog-ui.run',
  },
  { kind: 'out of range', right: 'shares: [5%, 10%]', wrong: 'shares: [5%, 50%]', path: 'pipeline.stages[1].shares' },
  {
    kind: 'unknown environment',
    right: '{ name: staging, environment: staging }',
    wrong: '{ name: staging, environment: stagging }',
    path: 'pipeline.stages[0].environment',
  },
  {
    kind: 'secret that is no reference',
    right: '{ secret: env:SPAM_KEY_STAGING }',
    wrong: '{ secret: vault }',
    path: 'environments.staging.settings.comment.SPAM_KEY',
  },
]

export const row: Row = {
  id: 13,
  title: 'a file with twelve mistakes gets twelve problems, and nothing of it is applied',
  run: async (context, report) => {
    const demo = await context.demo()
    const folder = join(demo.clone, 'examples', 'blog')
    const right = readFileSync(join(folder, 'cofferdam.yaml'), 'utf8')
    let wrong = right
    for (const mistake of mistakes) {
      if (!wrong.includes(mistake.right))
        throw new Error(`the example has no ${JSON.stringify(mistake.right)} to break`)
      wrong = wrong.replace(mistake.right, mistake.wrong)
    }
    const file = join(folder, 'broken.yaml')
    writeFileSync(file, wrong)
    const before = (await demo.api().get('/status')).text
    const ok = await runIn(demo.clone, demo.clone, ['validate', join(folder, 'cofferdam.yaml'), '--json'], 30_000)
    report.check(ok.code === 0, `the file without mistakes: exit ${ok.code} (0)`)
    const result = await runIn(demo.clone, demo.clone, ['validate', file, '--json'], 30_000)
    const problems =
      (
        result.json as
          | {
              readonly problems?: readonly { readonly path: string; readonly text: string; readonly allowed: unknown }[]
            }
          | undefined
      )?.problems ?? []
    report.check(result.code === 2, `with them: exit ${result.code} (2)`)
    report.check(problems.length === mistakes.length, `${problems.length} problems (${mistakes.length})`)
    for (const { kind, path } of mistakes) {
      const found = problems.find((problem) => problem.path.includes(path) && problem.text.length > 0)
      report.check(
        found !== undefined,
        `${kind}: ${found ? `${found.path}: ${found.text}` : `no problem with a path like ${path}`}`,
      )
    }
    const paths = mistakes.map((mistake) => mistake.path)
    for (const extra of problems.filter((problem) => !paths.some((path) => problem.path.includes(path))))
      report.measure(`more: ${extra.path}: ${extra.text}`)
    const up = await runIn(
      demo.clone,
      demo.clone,
      ['up', file, '--home', join(context.folder(), 'h'), '--json'],
      60_000,
    )
    report.check(up.code === 2, `up with that file: exit ${up.code} (2)`)
    report.check((await demo.api().get('/status')).text === before, 'status is byte-identical')
  },
}
