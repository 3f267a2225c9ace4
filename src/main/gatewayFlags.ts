/**
 * How the runtime of a gateway deals with memory; its workers inherit it. The default of 16 MB keeps what opening ten
 * thousand connections leaves behind, and a gateway that has nothing to do collects nothing.
 */
export const gatewayFlags: readonly string[] = ['--max-semi-space-size=8']
