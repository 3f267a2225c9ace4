import { constants } from 'node:fs'
import { open, readlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { CofferdamError } from '../../domain/errors.ts'

/**
 * Opens a plain file below a folder for reading, or says why not. Whoever owns the folder may exchange the file, or a
 * folder above it, for a link after it was listed: what counts is where the open file is, not what its path was.
 *
 * @param root absolute, without links in it.
 * @throws `not-a-service-folder` for what is no plain file of this folder; ENOENT when it is gone.
 */
export async function openInside(root: string, path: string): Promise<FileHandle> {
  const wanted = join(root, path)
  const file = await openItself(wanted)
  try {
    if (!(await file.stat()).isFile()) throw exchanged(wanted, 'no plain file any more')
    const real = await readlink(`/proc/self/fd/${file.fd}`)
    // An editor that saves by rename: there is a new file under the name.
    if (real === `${wanted} (deleted)`)
      throw Object.assign(new Error(`${wanted} is gone`), { code: 'ENOENT', path: wanted })
    if (real !== wanted) throw exchanged(wanted, `at "${real}", out of the folder`)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

async function openItself(path: string): Promise<FileHandle> {
  try {
    // Without waiting for the other end of a pipe.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ELOOP') throw exchanged(path, 'a link now')
    if (code === 'ENXIO') throw exchanged(path, 'no plain file any more')
    throw error
  }
}

function exchanged(path: string, what: string): CofferdamError {
  return new CofferdamError(
    'not-a-service-folder',
    `"${path}" was exchanged while it was copied: it is ${what}; a build is made of what was there when it began`,
  )
}
