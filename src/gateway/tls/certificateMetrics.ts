import type { Certificates } from './certificates.ts'

/** Metrics of certificates in Prometheus' text format; empty where no door speaks TLS. */
export function certificateMetrics(certificates: Pick<Certificates, 'list' | 'reloads' | 'failures'>): string {
  const list = certificates.list()
  if (list.length === 0) return ''
  const lines = [
    '# HELP cofferdam_certificate_expires_timestamp_seconds When the certificate that is served expires; of its first name.',
    '# TYPE cofferdam_certificate_expires_timestamp_seconds gauge',
  ]
  for (const { door, names, expiresAtMs } of list) {
    if (expiresAtMs === null) continue
    lines.push(
      `cofferdam_certificate_expires_timestamp_seconds{door="${door}",name="${names[0] ?? ''}"} ${expiresAtMs / 1_000}`,
    )
  }
  lines.push(
    '# HELP cofferdam_certificate_unusable 1: what is on disk cannot be used, and the one before is served, if there is one.',
    '# TYPE cofferdam_certificate_unusable gauge',
  )
  for (const { door, names, problem } of list)
    lines.push(`cofferdam_certificate_unusable{door="${door}",name="${names[0] ?? ''}"} ${problem === null ? 0 : 1}`)
  lines.push(
    '# HELP cofferdam_certificate_reloads_total Changed certificates that were taken or refused.',
    '# TYPE cofferdam_certificate_reloads_total counter',
    `cofferdam_certificate_reloads_total{result="taken"} ${certificates.reloads}`,
    `cofferdam_certificate_reloads_total{result="refused"} ${certificates.failures}`,
  )
  return `${lines.join('\n')}\n`
}
