/** Every bound of the data plane in one place. */
export interface GatewayLimits {
  readonly maxHeadBytes: number
  readonly headMs: number
  /** What a client may take for a body beyond the time that `bodyBytesPerSecond` gives it; slower: `too-slow`. */
  readonly bodyGraceMs: number
  /** The rate, on average, at which a body must come while the gateway reads it; 0: any. */
  readonly bodyBytesPerSecond: number
  /** A connection on which nothing moves, in either direction. */
  readonly idleMs: number
  /** From the last byte that was sent upstream to the first byte of its answer. */
  readonly firstByteMs: number
  readonly connectMs: number
  readonly connectionsPerHost: number
  /** Requests that wait for or use a connection of one host; beyond: `overloaded`. */
  readonly inFlightPerHost: number
  /** A smaller body is read whole before it is forwarded: one write, and it can be sent again. */
  readonly wholeBodyBytes: number
  /** Bytes of a request's body; Infinity: no limit. */
  readonly maxBodyBytes: number
  readonly healthEveryMs: number
  readonly healthTimeoutMs: number
  readonly healthFailures: number
  /** How often a host that is down is asked again. */
  readonly askAgainMs: number
  readonly repeatMs: number
  readonly maxRepeats: number
  /** Requests that did not fail and are kept for `GET /requests`, of one service. */
  readonly samplesPerSecond: number
  readonly cellMs: number
  readonly cellsKept: number
  readonly stopMs: number
  /** Descriptors to live with; absent: as many as the process may open. */
  readonly maxDescriptors?: number
  /** Open WebSockets; beyond: `overloaded`. */
  readonly maxTunnels: number
  /** How long a WebSocket stays when nothing leads to its host any more. */
  readonly tunnelGraceMs: number
  /** How long the two sides of a WebSocket may take to close it. */
  readonly tunnelCloseMs: number
  /** Requests under way on one connection of HTTP/2. */
  readonly maxStreams: number
  /**
   * What only costs us, on one connection of HTTP/2: streams that end before their answer, PING, SETTINGS. So many at
   * once, and so many a second; beyond, the connection is ended.
   */
  readonly maxNuisances: number
  readonly nuisancesPerSecond: number
  /** How often the files of certificates are looked at. */
  readonly certificatePollMs: number
}

export const defaultLimits: GatewayLimits = {
  maxHeadBytes: 32 * 1024,
  headMs: 30_000,
  bodyGraceMs: 20_000,
  bodyBytesPerSecond: 500,
  idleMs: 75_000,
  firstByteMs: 10_000,
  connectMs: 3_000,
  connectionsPerHost: 128,
  inFlightPerHost: 1_024,
  wholeBodyBytes: 16 * 1024,
  maxBodyBytes: Infinity,
  healthEveryMs: 1_000,
  healthTimeoutMs: 1_000,
  healthFailures: 2,
  askAgainMs: 250,
  repeatMs: 10_000,
  maxRepeats: 100_000,
  samplesPerSecond: 20,
  cellMs: 1_000,
  cellsKept: 3_600,
  stopMs: 3_000,
  maxTunnels: 10_000,
  tunnelGraceMs: 10_000,
  tunnelCloseMs: 1_000,
  maxStreams: 100,
  maxNuisances: 200,
  nuisancesPerSecond: 20,
  certificatePollMs: 2_000,
}

/**
 * The limits of one of several workers. What protects a host is divided, rounded up, so that all of them together ask
 * no more of it than one process would; what protects a process stays.
 */
export function dividedLimits(limits: GatewayLimits, workers: number): GatewayLimits {
  return {
    ...limits,
    connectionsPerHost: Math.ceil(limits.connectionsPerHost / workers),
    inFlightPerHost: Math.ceil(limits.inFlightPerHost / workers),
    samplesPerSecond: Math.ceil(limits.samplesPerSecond / workers),
  }
}
