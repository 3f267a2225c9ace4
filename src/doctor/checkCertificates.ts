import { getState } from '../adapters/gateway/adminClient.ts'
import type { GatewayState } from '../engine/ports.ts'
import type { Finding } from './finding.ts'
import type { HomeUnderExamination } from './homeUnderExamination.ts'

/** Authorities that give ninety days renew after sixty: what has less than this left was forgotten. */
const soonMs = 14 * 24 * 3_600_000

/** Whether the certificates that are served last, and those on disk can be used. None where no door speaks TLS. */
export async function checkCertificates(home: HomeUnderExamination, nowMs = Date.now()): Promise<readonly Finding[]> {
  const states = home.gateways.map(async ({ socket }) => await getState(socket, 2_000).catch(() => undefined))
  return (await Promise.all(states)).flatMap((state) =>
    (state?.certificates ?? []).map((certificate) => judge(certificate, nowMs)),
  )
}

type SeenCertificate = NonNullable<GatewayState['certificates']>[number]

/** What is to be said of one certificate. @param nowMs epoch milliseconds. */
export function judge({ door, names, expiresAt, problem }: SeenCertificate, nowMs: number): Finding {
  const isLasting = expiresAt !== null && Date.parse(expiresAt) - nowMs > soonMs
  const served = expiresAt === null ? 'none is served' : `the one that is served expires at ${expiresAt}`
  return {
    check: 'certificates',
    ok: isLasting && problem === null,
    what: `${door}: ${names.join(', ')}`,
    value: problem === null ? served : `${problem}; ${served}`,
    good: 'what is on disk can be used, and lasts for 14 days more',
    remedy: 'Renew it and write both files; the gateway reads them by itself. `cofferdam validate` says what is wrong.',
  }
}
