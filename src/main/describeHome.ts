import { resolve } from 'node:path'
import type { AboutDocument } from '../http/contract/documents.ts'
import { version } from './version.ts'

/** Where commands look when nothing names another home and they are typed beside the launcher. */
const defaultHome = resolve(import.meta.dirname, '../../.cofferdam')

/** What the API says of itself. @param home an absolute path */
export function describeHome(home: string, demo: boolean): AboutDocument {
  return { version, home, options: home === defaultHome ? [] : ['--home', home], demo }
}
