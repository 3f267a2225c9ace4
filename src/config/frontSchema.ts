import { choice, leaf, listOf, section, text } from './fields.ts'

/** `front:` of an environment. */
export function frontSchema() {
  return section({
    port: frontPort().prefault('auto').describe('Port of the front door; `auto` takes a free one.'),
    listen: ipAddress()
      .optional()
      .describe(
        'IP address that the front door listens on. Left out: 127.0.0.1, this machine alone. ' +
          'One that others can reach is allowed with `tls` or `trustedProxies` only.',
      ),
    tls: listOf(certificateSchema(), 'certificates', { min: 1, max: 100 })
      .optional()
      .describe(
        'The front door speaks TLS, with HTTP/2 for whoever knows it. The first is for clients that name no server. ' +
          'The files are read by the gateway and read again when they change.',
      ),
    trustedProxies: listOf(proxyAddress(), 'IP addresses, or ADDRESS/BITS', { min: 1, max: 100 })
      .optional()
      .describe(
        'Proxies before the front door: their `x-forwarded-for`, `-proto` and `-host` are believed. ' +
          'With `listen` beyond this machine and no `tls`, nobody else is let in.',
      ),
    servedBy: choice('always', 'keyed', 'never')
      .optional()
      .describe(
        'When an answer says which build gave it: always, to requests with a key, never. ' +
          'Left out: `keyed` where the stage `production` is, `always` elsewhere.',
      ),
  })
}

function certificateSchema() {
  return section({
    certificate: text('the path of a PEM file').describe(
      'PEM file, relative to this one: the own certificate first, then those between it and the root.',
    ),
    key: text('the path of a PEM file').describe('PEM file with its private key, without a pass phrase.'),
    names: listOf(serverName(), 'server names', { min: 1, max: 100 }).describe(
      'Server names that get this certificate, all covered by it; `*.example.com`: every name with one more label.',
    ),
  })
}

const serverNamePattern = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** A host name in lower case, or `*.` before one. */
export function isServerName(input: unknown): input is string {
  return typeof input === 'string' && input.length <= 253 && serverNamePattern.test(input)
}

function serverName() {
  const allowed = 'a host name in lower case without port, or `*.` before one; at most 253 characters'
  return leaf<string>(
    (input) => {
      if (isServerName(input)) return { ok: true, value: input }
      if (typeof input !== 'string') return { ok: false, allowed }
      const meant = input
        .toLowerCase()
        .replace(/^[a-z]+:\/\//, '')
        .replace(/[:/].*$/, '')
      return { ok: false, allowed, says: 'is no server name', ...(isServerName(meant) && { nearest: meant }) }
    },
    { type: 'string', pattern: serverNamePattern.source, maxLength: 253 },
  )
}

function ipAddress() {
  const allowed = 'an IP address: 127.0.0.1, ::1, 0.0.0.0 for every one of the machine'
  return leaf<string>(
    (input) => {
      if (typeof input === 'string' && isIp(input)) return { ok: true, value: input }
      return { ok: false, allowed, ...(input === 'localhost' && { nearest: '127.0.0.1' }) }
    },
    { type: 'string' },
  )
}

function proxyAddress() {
  const allowed = 'an IP address, or ADDRESS/BITS with 8 bits or more, such as 10.0.0.0/8'
  return leaf<string>(
    (input) => {
      const [address = '', bits, ...more] = typeof input === 'string' ? input.split('/') : []
      const widest = address.includes(':') ? 128 : 32
      const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= widest)
      if (isIp(address) && fits && more.length === 0) return { ok: true, value: String(input) }
      return { ok: false, allowed }
    },
    { type: 'string' },
  )
}

function isIp(text: string): boolean {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (v4 !== null) return v4.slice(1).every((part) => Number(part) <= 255 && String(Number(part)) === part)
  return /^[0-9a-f:.]+$/i.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`)
}

function frontPort() {
  const allowed = 'auto, or a whole number from 1 to 65535'
  return leaf<number | 'auto'>(
    (input) => {
      if (input === 'auto') return { ok: true, value: input }
      if (typeof input === 'number' && Number.isInteger(input) && input >= 1 && input <= 65_535)
        return { ok: true, value: input }
      const meant =
        typeof input === 'string' && /^\d{1,5}$/.test(input) ? input : typeof input === 'string' ? 'auto' : undefined
      return { ok: false, allowed, ...(meant !== undefined && { nearest: meant }) }
    },
    { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: 65_535 }] },
  )
}
