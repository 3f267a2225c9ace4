import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'

/** A file system of its own, of which a row may do what a broken machine does. */
export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string
  readonly freeBytes: () => number
  /** Leaves not one free byte to anybody. */
  readonly fill: () => void
  readonly makeRoom: () => void
  /** What the kernel does after an error of the device: nobody writes any more, files that are open included. */
  readonly turnReadOnly: () => void
  readonly canTurnReadOnly: () => boolean
  /** Checks it and mounts it anew, as one does after that. */
  readonly remount: () => void
  readonly unmount: () => void
}

/**
 * Mounts an image with ext4 in it.
 *
 * @param folder an empty folder.
 * @returns undefined where mounting is not allowed.
 */
export function mountSmallDisk(folder: string, bytes: number): SmallDisk | undefined {
  const [image, path] = [join(folder, 'image'), join(folder, 'm')]
  mkdirSync(path)
  writeFileSync(image, '')
  truncateSync(image, bytes)
  try {
    // Without a journal, so that all of its space is the files'; nothing is kept for root.
    run('mkfs.ext4', ['-q', '-m', '0', '-O', '^has_journal', image])
    run('mount', ['-o', 'loop,errors=remount-ro', image, path])
  } catch {
    return undefined
  }
  const trigger = () => `/sys/fs/ext4/${basename(run('findmnt', ['-no', 'SOURCE', path]).trim())}/trigger_fs_error`
  const ballast = join(path, 'ballast')
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize
  }
  return {
    path,
    freeBytes,
    fill: () => fill(ballast, freeBytes),
    makeRoom: () => rmSync(ballast, { force: true }),
    turnReadOnly: () => {
      // What nobody made durable is lost with it: of programs that ran for long, that is little.
      run('sync', ['-f', path])
      writeFileSync(trigger(), '1')
    },
    canTurnReadOnly: () => existsSync(trigger()),
    remount: () => {
      run('umount', [path])
      // It answers with 1 where it mended something.
      spawnSync('e2fsck', ['-fy', image], { stdio: 'ignore' })
      run('mount', ['-o', 'loop,errors=remount-ro', image, path])
    },
    // Lazily: what still has a file open there ends a moment later.
    unmount: () => void run('umount', ['-l', path]),
  }
}

/** Blocks first, then the last bytes one small piece after the other; others write meanwhile. */
function fill(path: string, freeBytes: () => number): void {
  const file = openSync(path, 'a')
  try {
    for (let piece = 1024 * 1024; piece >= 512; ) {
      try {
        writeSync(file, Buffer.alloc(piece, 1))
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
        piece /= 2
      }
    }
  } finally {
    closeSync(file)
  }
  if (freeBytes() > 0) run('sync', ['-f', path])
}

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
