/** What is run against a stage. */
export type Test = ProbeTest | SuiteTest

export interface ProbeTest {
  readonly name: string
  readonly kind: 'probe'
  readonly method: string
  /** Path with query, beginning with `/`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly expect: ProbeExpectation
}

export interface ProbeExpectation {
  readonly status: number
  /** The body contains this text. */
  readonly text?: string
  /** Dotted path in the JSON body → a type name (`string number boolean array object null`) or an exact value. */
  readonly json?: Readonly<Record<string, unknown>>
  readonly withinMs: number
}

export interface SuiteTest {
  readonly name: string
  readonly kind: 'suite'
  /** Split into words, run in a copy of the snapshot. */
  readonly command: readonly string[]
  readonly timeoutMs: number
}

/** How one run of a test ended. */
export interface TestResult {
  readonly name: string
  readonly kind: Test['kind']
  readonly passed: boolean
  readonly ms: number
  /** One sentence: what was expected and what came; for a suite its exit. */
  readonly text: string
  /** Head and tail of the output, at most 1 MB. */
  readonly output?: string
}
