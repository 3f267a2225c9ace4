import { Command, CommanderError } from 'commander'
import { CofferdamError, errorCatalogue } from '../domain/errors.ts'
import { ApiProblem } from './apiProblem.ts'
import { createClient } from './client.ts'
import { type CommandGroup, type CommandInput, type CommandSpec, readOptions, type Terminal } from './command.ts'
import { commands } from './commandTable.ts'
import { findApi, findHome } from './findApi.ts'
import { formatHolds } from './print/formatHolds.ts'

/** Runs the CLI on its arguments; returns the exit code and never throws. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  // Known before anything is parsed: a mistake in the arguments is answered as JSON, too.
  const isJson = argv.includes('--json')
  let exit = 0
  let shown = ''
  const speech = isJson
    ? { writeOut: (text: string) => void (shown += text), writeErr: () => undefined }
    : { writeOut: terminal.out, writeErr: terminal.err }
  const program = createProgram(terminal, speech, (code) => {
    exit = code
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) {
      if (isJson && error.exitCode === 0) terminal.out(`${JSON.stringify({ help: shown })}\n`)
      return endParsing(error, terminal, isJson)
    }
    return fail(error, terminal, isJson)
  }
}

/** Where the parser writes help and complaints. */
interface Speech {
  readonly writeOut: (text: string) => void
  readonly writeErr: (text: string) => void
}

function createProgram(terminal: Terminal, speech: Speech, exit: (code: number) => void): Command {
  const program = new Command('cofferdam')
    .description(
      'Gives every change to a microservice ecosystem a safe place inside the live system, and takes it out again by itself.',
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 as asked, 1 refused, 2 wrong usage, 3 unreachable, 4 it went back, 5 time is over, 70 a bug.\n',
    )
  configure(program, speech)
  program.option('-V, --version', 'print the version')
  addCommonOptions(program)
  for (const entry of commands) {
    if ('usage' in entry) addCommand(program, entry, terminal, exit)
    else addGroup(program, entry, terminal, exit)
  }
  for (const command of program.commands) {
    configure(command, speech)
    for (const inner of command.commands) configure(inner, speech)
  }
  return program
}

/** Neither the process is ended nor anything printed by anyone but us. */
function configure(command: Command, speech: Speech): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: (text) => speech.writeOut(text), writeErr: (text) => speech.writeErr(text) })
}

function addGroup(program: Command, group: CommandGroup, terminal: Terminal, exit: (code: number) => void): void {
  const parent = program.command(group.name).description(group.summary)
  addCommonOptions(parent)
  for (const spec of group.commands) addCommand(parent, spec, terminal, exit)
}

function addCommand(parent: Command, spec: CommandSpec, terminal: Terminal, exit: (code: number) => void): void {
  const command = parent.command(spec.usage).summary(spec.summary)
  command.description(spec.about === undefined ? `${spec.summary}.` : `${spec.summary}.\n\n${spec.about}`)
  for (const [flags, text] of spec.options ?? []) command.option(flags, text)
  addCommonOptions(command)
  command
    .addHelpText(
      'after',
      `\nExamples:\n${spec.examples.map(([line, meaning]) => `  ${line}\n      ${meaning}`).join('\n')}\n`,
    )
    .action(async () => {
      const run = await spec.load()
      exit(await run(readInput(command, terminal)))
    })
}

/** Allowed at every place of the line: before the command and after it. */
function addCommonOptions(command: Command): void {
  command
    .option('--json', 'one JSON document on stdout, and nothing else')
    .option('--url <url>', 'address of the API (default: $COFFERDAM_URL, else that of the home)')
    .option('--home <folder>', 'where the state is (default: $COFFERDAM_HOME, else ./.cofferdam)')
}

function readInput(command: Command, terminal: Terminal): CommandInput {
  const { noWait, noOpen, ...values } = renameNegated(command.optsWithGlobals())
  const options = readOptions({ ...values, noWait, noOpen })
  const home = findHome(options.text('home'), terminal)
  const isJson = options.flag('json')
  const client = createClient(() => findApi(options.text('url'), home, terminal))
  return {
    args: command.args,
    options,
    terminal,
    isJson,
    home,
    client: () => client,
    print: (result, text) => terminal.out(isJson ? `${JSON.stringify(result)}\n` : text()),
  }
}

/** Commander turns `--no-wait` into `wait: false`, which says true when nothing was given. */
function renameNegated(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...values, noWait: values['wait'] === false, noOpen: values['open'] === false }
}

function endParsing(error: CommanderError, terminal: Terminal, isJson: boolean): number {
  if (error.exitCode === 0) return 0
  if (isJson) {
    const detail =
      error.code === 'commander.help'
        ? 'no command was given'
        : error.message.replace(/^error: /, '').replaceAll('\n', ' ')
    printProblem(terminal, { status: 400, code: 'usage', detail, help: errorCatalogue.usage.help })
  } else if (error.code !== 'commander.help') terminal.err('See `cofferdam help`.\n')
  return 2
}

function fail(error: unknown, terminal: Terminal, isJson: boolean): number {
  if (error instanceof ApiProblem) {
    if (isJson) terminal.out(`${JSON.stringify(error.document)}\n`)
    else
      terminal.err(
        error.holds.length > 0
          ? `${error.code}: refused, nothing was changed\n${formatHolds(error.holds, '  ')}`
          : `${error.code}: ${error.message}\n${error.problems.map((text) => `  ${text}\n`).join('')}${error.help}\n`,
      )
    return error.exit
  }
  const known =
    error instanceof CofferdamError
      ? error
      : new CofferdamError('bug', error instanceof Error ? error.message : String(error))
  const { status, exit, help } = errorCatalogue[known.code]
  if (known.code === 'bug' && error instanceof Error) terminal.err(`${error.stack}\n`)
  if (isJson) printProblem(terminal, { status, code: known.code, detail: known.message, help, ...known.details })
  else terminal.err(`${known.code}: ${known.message}\n${help}\n`)
  return exit
}

function printProblem(
  terminal: Terminal,
  problem: { readonly status: number; readonly code: string; readonly [key: string]: unknown },
): void {
  terminal.out(
    `${JSON.stringify({ type: `urn:cofferdam:problem:${problem.code}`, title: problem.code.replaceAll('-', ' '), ...problem })}\n`,
  )
}
