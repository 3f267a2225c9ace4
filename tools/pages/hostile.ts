import { hostileAnswers } from '../../src/gateway/hostileAnswers.fixture.ts'
import { hostileRequests } from '../../src/gateway/hostileRequests.fixture.ts'
import { formatTable, sentence } from '../markdown.ts'

interface Different {
  readonly name: string
  readonly differs?: Readonly<Record<string, string>>
}

/** One row for each reason, with all cases that have it. */
function rowsOf(what: string, cases: readonly Different[]): string[][] {
  const names = new Map<string, string[]>()
  for (const { name, differs = {} } of cases)
    for (const [aspect, reason] of Object.entries(differs)) {
      const key = `${aspect}\n${reason}`
      names.set(key, [...(names.get(key) ?? []), name])
    }
  return [...names].map(([key, all]) => {
    const [aspect = '', reason = ''] = key.split('\n')
    return [`${what}: ${all.join('; ')}`, aspect, sentence(reason)]
  })
}

/** `docs/reference/hostile.md` */
export function hostilePage(): string {
  return `# Hostile bytes: the gateway beside HAProxy and nginx

\`npm run differential\` sends every case of \`src/gateway/hostileRequests.fixture.ts\` (${hostileRequests.length}) and \`hostileAnswers.fixture.ts\` (${hostileAnswers.length} answers of hosts), byte for byte, through our gateway, HAProxy and nginx, each in front of a recording origin of its own, and compares: the answer, whether and what the
origin saw of it (target, Host, framing, body, hop-by-hop headers), whether the connection can be used again, whether a client can tell a cut
answer from a whole one, and whether the next client gets an answer of its own. Where the two agree, our behaviour is theirs, or the case
says why not. A difference without a reason fails, and so does a reason without a difference. It needs both from the system (Debian:
\`apt install haproxy nginx\`) and says so when one is missing; \`-- --only WORDS\` runs some cases, \`-- --all\` prints everything observed.

With HAProxy 2.6.12 and nginx 1.22.1:

| what is hostile | cases | HAProxy and nginx agree on the answer | ours differs in nothing that they agree in | differs, explained | differs, unexplained |
|---|---|---|---|---|---|
| requests | 111 | 69 | 88 | 23 | 0 |
| answers | 54 | 31 | 44 | 10 | 0 |

Where the two do not agree there is nothing to compare; every case, theirs or not, has its test in \`src/gateway/hostile.integration.test.ts\`.

## Where we differ from both, and why

${formatTable(['case', 'in', 'why'], [...rowsOf('request', hostileRequests), ...rowsOf('answer', hostileAnswers)])}
`
}
