/**
 * How the runtime of a gateway deals with memory; its workers inherit it. Without these, what opening ten thousand
 * connections leaves behind stays: nothing makes a gateway collect it that has nothing to do.
 */
export const gatewayFlags: readonly string[] = ['--max-semi-space-size=8', '--heap-growing-percent=30']
