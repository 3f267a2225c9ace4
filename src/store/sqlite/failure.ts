import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { CofferdamError } from '../../domain/errors.ts'

/** Primary result codes of SQLite; extended ones carry them in their lowest byte. */
const codes = { readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const

/**
 * What an error of SQLite means for whoever runs the home: a full disk, a damaged file, a home that cannot be written.
 * Anything else is returned as it is.
 */
export function explainFailure(error: unknown, path: string): unknown {
  const code = primaryCode(error)
  if (code === undefined || !(error instanceof Error)) return error
  const options = { cause: error }
  const free = freeBytes(path)
  const isFull = code === codes.full || (code === codes.ioError && free !== undefined && free < spareBytes)
  if (isFull) return diskFull(path, `the store has ${sizeOf(path)} bytes; nothing was written`, options)
  if (code === codes.corrupt || code === codes.notADatabase) return damaged(path, error.message, options)
  if (code === codes.readOnly || code === codes.ioError || code === codes.cannotOpen)
    return new CofferdamError('home-unusable', `${path} cannot be written: ${error.message}`, options)
  return error
}

/** The error of a file that found no room. */
export function diskFull(path: string, what: string, options: { cause?: unknown } = {}): CofferdamError {
  const free = freeBytes(path) ?? 'no'
  return new CofferdamError('disk-full', `the disk of ${path} is full: ${free} bytes are free, ${what}`, options)
}

/** Whether a call of the system found no room. */
export function foundNoRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/** The error of a store file that is no longer what was written. */
export function damaged(path: string, why: string, options: { cause?: unknown } = {}): CofferdamError {
  return new CofferdamError('store-damaged', `the store ${path} is damaged: ${why}`, options)
}

/** A page and what the file system keeps for itself. */
const spareBytes = 64 * 1024

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize
  } catch {
    return undefined
  }
}

function sizeOf(path: string): number {
  return ['', '-wal'].reduce((sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0), 0)
}
