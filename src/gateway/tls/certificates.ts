import { stat } from 'node:fs/promises'
import type { SecureContext } from 'node:tls'
import { readPair, type CertificatePair } from '../../certificates/readPair.ts'
import type { RouteIndex } from '../../domain/routing/routeIndex.ts'
import type { DoorCertificate } from '../../domain/routing/table.ts'

/** A certificate of a door, for whoever looks. */
export interface SeenCertificate {
  readonly door: string
  readonly names: readonly string[]
  /** Of the one that is served; null: none can be. */
  readonly expiresAtMs: number | null
  readonly fingerprint: string | null
  /** Why what is on disk is not what is served. */
  readonly problem: string | null
}

type Report = (text: string, fields: Readonly<Record<string, unknown>>) => void

interface Entry {
  readonly files: DoorCertificate
  /** What is served. */
  pair: CertificatePair | undefined
  problem: string | undefined
  /** Of the files when they were last read. */
  signature: string
  /** Of the files when their problem was told. */
  told: string
}

/**
 * The certificates of all doors in force, read from their files and again whenever those change. A pair that cannot be
 * used is never taken in place of one that can: it is told, once for each change of the files.
 */
export class Certificates {
  /** Times that a changed pair was taken. */
  reloads = 0
  /** Times that a changed pair was told to be unusable. */
  failures = 0
  private readonly pollMs: number
  private readonly report: Report
  private entries = new Map<string, Entry>()
  private doors: readonly { readonly id: string; readonly tls: readonly DoorCertificate[] }[] = []
  private timer: NodeJS.Timeout | undefined
  private looking: Promise<void> | undefined

  /** @param pollMs between two looks at the files: so long a renewal waits at most. */
  constructor(pollMs: number, report: Report) {
    this.pollMs = pollMs
    this.report = report
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), this.pollMs)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Reads what a table names and is not known yet. A table is never refused because of it: a way back may be in it. */
  async prepare(index: RouteIndex): Promise<void> {
    const missing = tlsDoors(index)
      .flatMap(({ tls }) => tls)
      .filter((files) => !this.entries.has(keyOf(files)))
    for (const files of missing) {
      const entry: Entry = { files, pair: undefined, problem: undefined, signature: '', told: '' }
      this.entries.set(keyOf(files), entry)
      await this.read(entry)
    }
  }

  /** From now on these are the doors; what none of them names is forgotten. */
  use(index: RouteIndex): void {
    this.doors = tlsDoors(index)
    const named = new Set(this.doors.flatMap(({ tls }) => tls.map(keyOf)))
    for (const key of this.entries.keys()) if (!named.has(key)) this.entries.delete(key)
  }

  /** Looks at all files, and reads what changed. */
  async look(): Promise<void> {
    this.looking ??= this.lookNow().finally(() => (this.looking = undefined))
    await this.looking
  }

  private async lookNow(): Promise<void> {
    for (const entry of this.entries.values()) {
      const isNew = (await signatureOf(entry.files)) !== entry.signature
      // A pair that is being written is whole at the next look; one that is not valid yet becomes so.
      if (isNew || entry.problem !== undefined) await this.read(entry)
    }
  }

  private async read(entry: Entry): Promise<void> {
    const { files, signature: before } = entry
    const isFirst = before === ''
    const signature = await signatureOf(files)
    const read = await readPair(files, Date.now())
    // Written meanwhile: what was read may be half of each.
    if ((await signatureOf(files)) !== signature) return
    entry.signature = signature
    const fields = { names: files.names, certificate: files.certificate }
    if (read.ok) {
      const isOther = entry.pair?.fingerprint !== read.pair.fingerprint
      entry.pair = read.pair
      entry.problem = undefined
      if (isFirst || !isOther) return
      this.reloads += 1
      this.report('a certificate was renewed', { ...fields, expiresAt: new Date(read.pair.notAfterMs).toISOString() })
      return
    }
    const { about, says, usable } = read.problem
    entry.problem = `${about} ${says}`
    // Nothing better is there: an expired certificate can be looked at, none cannot.
    entry.pair ??= usable
    if (entry.told === signature || !(isFirst || before === signature)) return
    entry.told = signature
    this.failures += 1
    const served = entry.pair === undefined || entry.pair === usable ? 'no other' : 'the one before'
    this.report('a certificate cannot be used', { ...fields, problem: entry.problem, served })
  }

  /**
   * The pair for a server name; that of the first when no name fits, or none was given.
   * @returns undefined: none of them can be used.
   */
  pairFor(tls: readonly DoorCertificate[], serverName: string | undefined): CertificatePair | undefined {
    const name = serverName?.toLowerCase()
    const fitting = name === undefined ? undefined : findByName(tls, name)
    for (const files of fitting === undefined ? tls : [fitting, ...tls]) {
      const pair = this.entries.get(keyOf(files))?.pair
      if (pair !== undefined) return pair
    }
    return undefined
  }

  contextFor(tls: readonly DoorCertificate[], serverName: string): SecureContext | undefined {
    return this.pairFor(tls, serverName)?.context
  }

  list(): readonly SeenCertificate[] {
    return this.doors.flatMap(({ id: door, tls }) =>
      tls.map((files) => {
        const { pair, problem } = this.entries.get(keyOf(files)) ?? {}
        return {
          door,
          names: files.names,
          expiresAtMs: pair?.notAfterMs ?? null,
          fingerprint: pair?.fingerprint ?? null,
          problem: problem ?? null,
        }
      }),
    )
  }
}

function tlsDoors(index: RouteIndex): { readonly id: string; readonly tls: readonly DoorCertificate[] }[] {
  return [...index.doors.values()].flatMap(({ door: { id, tls } }) => (tls === undefined ? [] : [{ id, tls }]))
}

function keyOf({ certificate, key, names }: DoorCertificate): string {
  return JSON.stringify([certificate, key, names])
}

/** A name itself stands above a wildcard that covers it. */
function findByName(tls: readonly DoorCertificate[], name: string): DoorCertificate | undefined {
  const dot = name.indexOf('.')
  const wildcard = dot === -1 ? undefined : `*${name.slice(dot)}`
  return (
    tls.find(({ names }) => names.includes(name)) ??
    (wildcard === undefined ? undefined : tls.find(({ names }) => names.includes(wildcard)))
  )
}

/** Changes with every writing of either file, also when a link begins to lead elsewhere. */
async function signatureOf({ certificate, key }: DoorCertificate): Promise<string> {
  const parts = [certificate, key].map(async (path) => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    }
  })
  return (await Promise.all(parts)).join(' ')
}
