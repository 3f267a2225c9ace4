import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Finding } from './finding.ts'
import { tryRead, type HomeUnderExamination } from './homeUnderExamination.ts'

/** Who may read and change the home, and whether we can. */
export function checkPermissions({ path }: HomeUnderExamination): readonly Finding[] {
  const findings = [checkMode(path, 0o700, 'chmod 700')]
  for (const name of ['token', 'state.db']) {
    const file = join(path, name)
    if (existsSync(file)) findings.push(checkMode(file, 0o600, 'chmod 600', name === 'token'))
  }
  const isWritable = tryRead(() => {
    accessSync(path, constants.W_OK)
    return true
  }, false)
  findings.push({
    check: 'access',
    ok: isWritable,
    what: path,
    value: isWritable ? 'can be written' : 'cannot be written',
    good: 'can be written by who runs the control plane',
    remedy: 'Mount the disk read-write again (its errors are in `dmesg`), or run as the owner of the home.',
  })
  return findings
}

/** @param strict whether the file's own mode counts; one inside a closed folder is out of reach anyway */
function checkMode(path: string, mode: number, remedy: string, strict = true): Finding {
  const seen = statSync(path)
  const uid = process.getuid?.() ?? seen.uid
  const isClosed = (seen.mode & 0o077) === 0
  return {
    check: 'access',
    ok: seen.uid === uid && (isClosed || !strict),
    what: path,
    value: `mode ${(seen.mode & 0o777).toString(8).padStart(4, '0')}, user ${seen.uid}`,
    good: `mode ${mode.toString(8).padStart(4, '0')}, user ${uid}`,
    remedy: isClosed
      ? `Run as user ${seen.uid}, or \`chown\` it.`
      : `\`${remedy} ${path}\`; then \`cofferdam token rotate\`, as others could read it.`,
  }
}

interface Manifest {
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}

const root = resolve(import.meta.dirname, '..', '..')

/** Whether this is the Node that is pinned, the packages are those of the lock file, and what runs is the same Node. */
export function checkVersions(processes: ReadonlyMap<string, number>): readonly Finding[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const pinned = manifest.optionalDependencies[`node-linux-${process.arch}`] ?? 'none for this processor'
  const wrong = Object.entries(manifest.dependencies).filter(([name, version]) => versionOf(name) !== version)
  const others = [...processes].filter(([, pid]) => !isSameNode(pid))
  return [
    {
      check: 'versions',
      ok: process.versions.node === pinned,
      what: 'Node of this command',
      value: process.versions.node,
      good: pinned,
      remedy: 'Start it with `./cofferdam`, which brings the pinned Node.',
    },
    {
      check: 'versions',
      ok: wrong.length === 0,
      what: 'packages',
      value:
        wrong.length === 0 ? 'as pinned' : wrong.map(([name]) => `${name} ${versionOf(name) ?? 'missing'}`).join(', '),
      good: 'as package.json and the lock file pin them',
      remedy: '`npm ci` in the folder of cofferdam.',
    },
    {
      check: 'versions',
      ok: others.length === 0,
      what: 'Node of the processes that run',
      value:
        others.length === 0
          ? 'the same'
          : others.map(([name, pid]) => `${name} (pid ${pid}): ${exeOf(pid) ?? ''}`).join(', '),
      good: exeOf(process.pid) ?? process.execPath,
      remedy: 'They were started by another version: `cofferdam up` after ending the supervisor and the control plane.',
    },
  ]
}

function versionOf(name: string): string | undefined {
  const text = tryRead(() => readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'), '{}')
  return (JSON.parse(text) as { readonly version?: string }).version
}

/** The same file, or a copy of it in another checkout. */
function isSameNode(pid: number): boolean {
  const sizeOf = (one: number): number | undefined => tryRead(() => statSync(`/proc/${one}/exe`).size, undefined)
  const [theirs, ours] = [sizeOf(pid), sizeOf(process.pid)]
  return theirs === undefined || theirs === ours
}

function exeOf(pid: number): string | undefined {
  return tryRead(() => realpathSync(`/proc/${pid}/exe`), undefined)
}
