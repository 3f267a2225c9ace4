import { type ErrorCode, errorCatalogue } from '../domain/errors.ts'
import type { HeldPromotion, ProblemDocument } from '../http/contract/documents.ts'

const mostShown = 20

/** The API refused or failed: its problem document as it came. */
export class ApiProblem extends Error {
  readonly document: Readonly<Record<string, unknown>>

  constructor(status: number, body: unknown) {
    const document = typeof body === 'object' && body !== null ? { ...body } : {}
    const { detail } = document as Partial<ProblemDocument>
    super(detail ?? `the API answered ${status} without saying why`)
    this.name = 'ApiProblem'
    this.document = { status, code: status >= 500 ? 'bug' : 'usage', detail: this.message, help: '', ...document }
  }

  get code(): string {
    return String(this.document['code'])
  }

  /** The exit code of a problem; one of a newer API counts by its status. */
  get exit(): number {
    const { code } = this
    if (Object.hasOwn(errorCatalogue, code)) return errorCatalogue[code as ErrorCode].exit
    return Number(this.document['status']) >= 500 ? 70 : 2
  }

  get help(): string {
    const { help } = this.document
    return typeof help === 'string' ? help : ''
  }

  /** Each mistake of a configuration; of a request they stand in the message. */
  get problems(): readonly string[] {
    const { problems } = this.document
    if (this.code !== 'invalid-config' || !Array.isArray(problems)) return []
    return problems.slice(0, mostShown).map((one: unknown) => {
      const text = typeof one === 'object' && one !== null && 'text' in one ? one.text : one
      return String(text)
    })
  }

  get holds(): readonly HeldPromotion[] {
    const { holds } = this.document
    return Array.isArray(holds) ? (holds as readonly HeldPromotion[]) : []
  }
}
