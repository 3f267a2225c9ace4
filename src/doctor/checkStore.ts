import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { checkStore as checkPages } from '../store/sqlite/backup.ts'
import type { Finding } from './finding.ts'
import type { HomeUnderExamination } from './homeUnderExamination.ts'

const commits = 100
const longestMs = 5_000
/** The way back waits for one commit; beyond this the disk costs more than everything else of it together. */
const goodP99Ms = 250
/** It is written back at 4 MB; one that has grown so large is not any more. */
const goodWalBytes = 256 * 1024 * 1024

/** Whether the store is what was written, and how long a commit takes on its disk. */
export function checkStore(home: HomeUnderExamination): readonly Finding[] {
  if (!existsSync(home.store)) {
    return [
      {
        check: 'store',
        ok: false,
        what: home.store,
        value: 'missing',
        good: 'the store of a home that was started once',
        remedy: 'Name the right home with --home, start one with `cofferdam up`, or `cofferdam restore FILE`.',
      },
    ]
  }
  return [checkIntegrity(home), checkWal(home), measureCommits(home)]
}

function checkIntegrity({ store }: HomeUnderExamination): Finding {
  const finding = {
    check: 'store',
    what: store,
    good: '`pragma quick_check` finds nothing',
    remedy: '`cofferdam restore FILE --stop` with the last backup; production keeps running meanwhile.',
  }
  try {
    const { schema, lastEvent } = checkPages(store)
    return {
      ...finding,
      ok: true,
      value: `sound, schema ${schema}, ${lastEvent} events, ${statSync(store).size} bytes`,
    }
  } catch (error) {
    return { ...finding, ok: false, value: error instanceof Error ? error.message : String(error) }
  }
}

function checkWal({ store }: HomeUnderExamination): Finding {
  const bytes = statSync(`${store}-wal`, { throwIfNoEntry: false })?.size ?? 0
  return {
    check: 'store',
    ok: bytes <= goodWalBytes,
    what: `${store}-wal`,
    value: `${bytes} bytes`,
    good: `at most ${goodWalBytes} bytes`,
    remedy: 'Somebody keeps the store open and reads for very long: end that program; `lsof` on the file names it.',
  }
}

/** Durable commits into a file of its own beside the store: on the same disk, in nobody's way. */
function measureCommits({ path }: HomeUnderExamination): Finding {
  const file = join(path, `doctor-${process.pid}.db`)
  const finding = {
    check: 'store',
    what: 'commit latency',
    good: `p99 at most ${goodP99Ms} ms`,
    remedy: 'The disk is slow or busy: put the home on a local SSD, away from what writes much.',
  }
  try {
    const took = commitOften(file)
    const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
    const value = `p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms of ${took.length} commits`
    return { ...finding, ok: at(0.99) <= goodP99Ms, value }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      ...finding,
      ok: false,
      value: `${path} cannot be written: ${why}`,
      remedy: 'Make room, or make the home writable.',
    }
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true })
  }
}

function commitOften(file: string): readonly number[] {
  const database = new DatabaseSync(file)
  try {
    database.exec('pragma journal_mode = wal; pragma synchronous = full; create table t (n integer, text text)')
    const insert = database.prepare('insert into t values (?, ?)')
    const took: number[] = []
    const startedAt = performance.now()
    for (let n = 0; n < commits && performance.now() - startedAt < longestMs; n += 1) {
      const before = performance.now()
      insert.run(n, 'x'.repeat(2_000))
      took.push(performance.now() - before)
    }
    return took.toSorted((a, b) => a - b)
  } finally {
    database.close()
  }
}
