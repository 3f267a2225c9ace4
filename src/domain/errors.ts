interface ErrorEntry {
  readonly status: number
  /** `never`: the same request fails again; `later`: it may succeed when the cause is gone. */
  readonly retry: 'never' | 'later'
  /** Exit code of the CLI. */
  readonly exit: 1 | 2 | 3 | 70
  readonly help: string
}

/** Every operational error. A closed list: the reference page is tested against it. */
export const errorCatalogue = {
  'invalid-config': {
    status: 422,
    retry: 'never',
    exit: 2,
    help: 'Mend the listed paths; `cofferdam validate` lists them again.',
  },
  usage: { status: 400, retry: 'never', exit: 2, help: 'See `cofferdam help`.' },
  'unknown-service': { status: 404, retry: 'never', exit: 2, help: '`cofferdam status` lists the services.' },
  'unknown-build': { status: 404, retry: 'never', exit: 2, help: '`cofferdam build list` lists the builds.' },
  'unknown-promotion': {
    status: 404,
    retry: 'never',
    exit: 2,
    help: '`cofferdam promotion list` lists the promotions.',
  },
  'not-a-service-folder': {
    status: 422,
    retry: 'never',
    exit: 2,
    help: 'Name a folder that holds the files of the service, with --from.',
  },
  held: { status: 409, retry: 'later', exit: 1, help: 'The holds say what would help.' },
  'port-taken': { status: 409, retry: 'later', exit: 3, help: 'Stop what listens there, or choose another port.' },
  'home-unusable': {
    status: 500,
    retry: 'later',
    exit: 3,
    help: 'Choose another folder with --home, or mend its owner and mode.',
  },
  'store-damaged': {
    status: 500,
    retry: 'later',
    exit: 3,
    help: 'Production keeps running. `cofferdam doctor` says what is wrong, `cofferdam restore FILE` puts a backup in its place.',
  },
  'disk-full': {
    status: 507,
    retry: 'later',
    exit: 3,
    help: 'Make room on that disk: it goes on by itself, and until then every share stays or goes home.',
  },
  'home-locked': {
    status: 409,
    retry: 'later',
    exit: 3,
    help: 'Work with what runs there, end it with `cofferdam down --home …`, or choose another --home.',
  },
  'node-too-old': {
    status: 500,
    retry: 'never',
    exit: 3,
    help: 'Install Node 20 or newer; ./cofferdam brings its own Node 24.',
  },
  unreachable: {
    status: 503,
    retry: 'later',
    exit: 3,
    help: 'Start it with `cofferdam demo` or `cofferdam up`, or name it with --url.',
  },
  unauthorized: { status: 401, retry: 'never', exit: 3, help: 'Give the token of the home as $COFFERDAM_TOKEN.' },
  'idempotency-mismatch': {
    status: 422,
    retry: 'never',
    exit: 2,
    help: 'Use a new Idempotency-Key for a different request.',
  },
  'stale-generation': { status: 409, retry: 'later', exit: 1, help: 'Read the newer state and try again.' },
  'too-large': { status: 413, retry: 'never', exit: 2, help: 'Make it smaller; the message names the limit.' },
  bug: { status: 500, retry: 'later', exit: 70, help: 'Please report it with the log of the control plane.' },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorCatalogue

/** An operational error from the catalogue; its message names the thing, the actual value and what is allowed. */
export class CofferdamError extends Error {
  readonly code: ErrorCode
  /** More for the problem document, for example `problems`. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'CofferdamError'
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Fails the one pass that met a broken promise of our own code. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`)
}
