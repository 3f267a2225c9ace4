import { errorCatalogue, type ErrorCode } from '../../src/domain/errors.ts'
import { formatTable } from '../markdown.ts'

/** When each is met; the compiler sees to it that none is missing. */
const when: Readonly<Record<ErrorCode, string>> = {
  'invalid-config': 'A configuration has mistakes; `problems` lists all of them, each with its path.',
  usage: 'A command or a request is not one that exists, or its parts contradict each other.',
  'unknown-service': 'The configuration has no such service.',
  'unknown-build': 'The service has no build of that name or digest.',
  'unknown-promotion': 'There is no promotion with that id.',
  'not-a-service-folder': 'The folder does not exist, is empty, or holds what cannot be snapshotted.',
  held: 'An expected refusal: `holds` says which rules, and what would help.',
  'port-taken': 'Another program listens on the port; the message names it where the system tells.',
  'home-unusable': 'The home cannot be made, belongs to another user, or its path is too long for a socket.',
  'store-damaged':
    'The file of the store, or a backup, is not what was written; the message names it and what SQLite found.',
  'disk-full': 'The store could not grow; the message names the path and the bytes that are free.',
  'home-locked': 'Another control plane, or another supervisor, works on the home; the message names its pid.',
  'node-too-old': 'Said by the launcher: it needs Node 20 or newer to install the pinned Node 24.',
  unreachable: 'The API, a gateway or a host does not answer.',
  unauthorized: 'A change came without the token, or with a wrong one.',
  'idempotency-mismatch': 'The key was used for a different request within the last 24 h.',
  'stale-generation': 'Somebody else changed it meanwhile, or an older state was sent to someone who has a newer one.',
  'too-large': 'A folder, a file, a body or a list is larger than its bound.',
  bug: 'A promise of our own code was broken.',
}

/** `docs/reference/errors.md`. */
export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue).map(([code, { status, retry, exit, help }]) => [
    `\`${code}\``,
    String(status),
    retry,
    String(exit),
    when[code as ErrorCode],
    help,
  ])
  return `# Problem codes

Generated from \`src/domain/errors.ts\`. Every problem document, and every error that the CLI prints, has one of these codes.
\`retry\` says whether the same request may succeed later; \`exit\` is the exit code of the CLI.

${formatTable(['code', 'status', 'retry', 'exit', 'when', 'what to do'], rows)}

The message of a problem (\`detail\`) names the thing, its actual value and what is allowed. With \`--json\` the CLI prints the
document itself:

\`\`\`json
{"status":404,"code":"unknown-promotion","detail":"there is no promotion \\"p-99\\"",
 "help":"\`cofferdam promotion list\` lists the promotions.","type":"urn:cofferdam:problem:unknown-promotion",
 "title":"unknown promotion","retry":"never","requestId":"35ba1bfa-7dd3-4109-9213-7f8e752e4c21"}
\`\`\`
`
}
