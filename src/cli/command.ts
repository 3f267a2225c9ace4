import { CofferdamError } from '../domain/errors.ts'
import type { Client } from './client.ts'
import { readDurationMs } from './readDuration.ts'

/** What the CLI has of the world: where it was started and where it writes. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Whether a person looks on: lines may be rewritten and coloured. */
  readonly isTty: boolean
  readonly columns: number | undefined
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** What a command works with. */
export interface CommandInput {
  readonly args: readonly string[]
  readonly options: Options
  readonly terminal: Terminal
  readonly isJson: boolean
  /** Absolute path of the home. */
  readonly home: string
  /** The API; found when first used. */
  readonly client: () => Client
  /** Prints the result: as JSON, or as the text for a person. */
  readonly print: (result: unknown, text: () => string) => void
}

/** Runs one command; returns the exit code. */
export type RunCommand = (input: CommandInput) => Promise<number>

export interface CommandSpec {
  /** `deploy <service>` or, in a group, `list [service]`. */
  readonly usage: string
  readonly summary: string
  /** More about it, for its help page. */
  readonly about?: string
  readonly options?: readonly (readonly [flags: string, text: string])[]
  readonly examples: readonly (readonly [line: string, meaning: string])[]
  readonly load: () => Promise<RunCommand>
}

export interface CommandGroup {
  readonly name: string
  readonly summary: string
  readonly commands: readonly CommandSpec[]
}

/** What was given as options, by name. */
export interface Options {
  readonly text: (name: string) => string | undefined
  readonly flag: (name: string) => boolean
  readonly texts: (name: string) => readonly string[]
  /** A number within bounds. */
  readonly number: (name: string, least: number, most: number) => number | undefined
  readonly durationMs: (name: string) => number | undefined
}

/** Typed access to parsed options; a value that is not what it should be is a usage error that names it. */
export function readOptions(values: Readonly<Record<string, unknown>>): Options {
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    text,
    flag: (name) => values[name] === true,
    texts: (name) => {
      const value = values[name]
      return Array.isArray(value) ? value.map(String) : []
    },
    number: (name, least, most) => {
      const given = text(name)
      if (given === undefined) return undefined
      const value = Number(given)
      if (given.trim() !== '' && value >= least && value <= most) return value
      throw new CofferdamError(
        'usage',
        `--${toFlag(name)} is ${JSON.stringify(given)}; allowed is a number from ${least} to ${most}`,
      )
    },
    durationMs: (name) => {
      const given = text(name)
      return given === undefined ? undefined : readDurationMs(`--${toFlag(name)}`, given)
    },
  }
}

function toFlag(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
