import type { Context } from './context.ts'
import type { Report } from './report.ts'

/** One line of the table of what must hold. */
export interface Row {
  readonly id: number
  readonly title: string
  readonly run: (context: Context, report: Report) => Promise<void>
}
