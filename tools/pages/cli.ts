import { commands } from '../../src/cli/commandTable.ts'
import type { CommandSpec } from '../../src/cli/command.ts'
import { formatTable, sentence } from '../markdown.ts'

const intro = `# Commands

Generated from \`src/cli/commandTable.ts\`, which the program itself is made of. \`./cofferdam help COMMAND\` prints the same.

Every command takes \`--json\` (one JSON document on stdout and nothing else; commands that go on print one a line),
\`--home FOLDER\` (where the state is; default \`$COFFERDAM_HOME\`, else \`./.cofferdam\`), \`--url URL\` (address of the API;
default \`$COFFERDAM_URL\`, else that of the home) and \`--help\`. The token comes from \`$COFFERDAM_TOKEN\`, else from the home.

`

const exits: readonly (readonly [string, string])[] = [
  ['0', 'it is as asked'],
  ['1', 'refused, nothing changed; the holds are printed'],
  ['2', 'wrong usage or invalid configuration, nothing changed'],
  ['3', 'something that is needed cannot be reached'],
  ['4', 'it went back: rolled back or aborted'],
  ['5', '`--timeout` passed; the work goes on'],
  ['70', 'a bug'],
]

/** `docs/reference/cli.md`. */
export function cliPage(): string {
  const sections = commands.flatMap((entry) =>
    'usage' in entry
      ? [section(entry, 'cofferdam')]
      : entry.commands.map((inner) => section(inner, `cofferdam ${entry.name}`)),
  )
  return `${intro}## Exit codes\n\n${formatTable(['code', 'meaning'], exits)}\n\n${sections.join('\n')}`
}

function section(spec: CommandSpec, prefix: string): string {
  const about = spec.about === undefined ? '' : ` ${spec.about}`
  const options =
    spec.options === undefined
      ? ''
      : `\n${formatTable(
          ['option', 'meaning'],
          spec.options.map(([flags, text]) => [`\`${flags}\``, text]),
        )}\n`
  const examples = spec.examples.map(([line, meaning]) => `${line}    # ${meaning}`).join('\n')
  return `## \`${prefix} ${spec.usage}\`\n\n${sentence(spec.summary)}${about}\n${options}\n\`\`\`sh\n${examples}\n\`\`\`\n`
}
