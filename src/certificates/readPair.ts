import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'

/** Where a certificate and its key are, and the server names that clients may ask for. */
export interface PairFiles {
  /** Absolute path: PEM, the server's own certificate first, then those between it and the root. */
  readonly certificate: string
  /** Absolute path: PEM, without a pass phrase. */
  readonly key: string
  /** `shop.example.com`, or `*.example.com` for every name that has one more label. */
  readonly names: readonly string[]
}

/** A pair that TLS can work with. Written as JSON, nothing of the key is in it. */
export interface CertificatePair {
  readonly context: SecureContext
  /** As it was read; not to leave the process that serves with it. */
  readonly pem: () => { readonly cert: Buffer; readonly key: Buffer }
  /** Epoch milliseconds. */
  readonly notAfterMs: number
  /** SHA-256 of the certificate, as OpenSSL prints it: public. */
  readonly fingerprint: string
}

/** Why a pair cannot be used, and what of it that is about. No text of a file is in it. */
export interface PairProblem {
  readonly about: 'certificate' | 'key' | 'names'
  /** Which of the names; only about `names`. */
  readonly at?: number
  /** A predicate that follows what it is about. */
  readonly says: string
  readonly allowed: string
  /** It may be used although it is wrong: it was right once, and there may be nothing better. */
  readonly usable?: CertificatePair
}

export type ReadPair =
  | { readonly ok: true; readonly pair: CertificatePair }
  | { readonly ok: false; readonly problem: PairProblem }

/** One megabyte: the longest chains have some ten kilobytes. */
const maxPemBytes = 1_048_576
const longestNames = 200

const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
}

class Wrong extends Error {
  readonly problem: PairProblem

  constructor(problem: PairProblem) {
    super(problem.says)
    this.problem = problem
  }
}

/**
 * Reads a certificate and its key and looks whether a server may be run with them at `nowMs` for these names. Never throws.
 * An expired certificate, and one that does not cover a name, come as a problem with the pair that can still be used.
 */
export async function readPair(files: PairFiles, nowMs: number): Promise<ReadPair> {
  try {
    const certificatePem = await readPem('certificate', files.certificate)
    const keyPem = await readPem('key', files.key)
    const certificate = parseCertificate(certificatePem, files.certificate)
    const key = parseKey(keyPem, files.key)
    if (!certificate.checkPrivateKey(key))
      throw new Wrong({
        about: 'key',
        says: `names \`${files.key}\`, which is not the key of the certificate \`${files.certificate}\``,
        allowed: 'the private key that the certificate was made with',
      })
    const pair: CertificatePair = {
      context: createContext(certificatePem, keyPem, files.certificate),
      pem: () => ({ cert: certificatePem, key: keyPem }),
      notAfterMs: certificate.validToDate.getTime(),
      fingerprint: certificate.fingerprint256,
    }
    const problem = timeProblem(certificate, files.certificate, nowMs) ?? nameProblem(certificate, files)
    return problem === undefined ? { ok: true, pair } : { ok: false, problem: { ...problem, usable: pair } }
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, problem: error.problem }
    // What its libraries refuse in a way of their own must not end who serves with another pair.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason is given'
    const says = `names \`${files.certificate}\`, which cannot be used with its key (${code})`
    return { ok: false, problem: { about: 'certificate', says, allowed: 'a certificate for servers, and its key' } }
  }
}

async function readPem(about: 'certificate' | 'key', path: string): Promise<Buffer> {
  const wrong = (why: string): Wrong =>
    new Wrong({
      about,
      says: `names \`${path}\`, which ${why}`,
      allowed: `a file in PEM that this user may read, of at most ${maxPemBytes} bytes`,
    })
  try {
    const status = await stat(path)
    if (!status.isFile()) throw wrong('is no file')
    if (status.size > maxPemBytes) throw wrong(`has ${status.size} bytes`)
    return await readFile(path)
  } catch (error) {
    if (error instanceof Wrong) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw wrong(fileProblems[code] ?? `cannot be read (${code})`)
  }
}

function parseCertificate(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new Wrong({
      about: 'certificate',
      says: `names \`${path}\`, which holds no certificate`,
      allowed: 'PEM that begins with -----BEGIN CERTIFICATE-----, the own certificate first',
    })
  }
}

/** What the library says of a key is left out: it could quote it. */
function parseKey(pem: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    const isEncrypted = pem.includes('ENCRYPTED')
    throw new Wrong({
      about: 'key',
      says: `names \`${path}\`, which holds ${isEncrypted ? 'a private key with a pass phrase' : 'no private key'}`,
      allowed: 'PEM with one private key and no pass phrase; the file should be readable by its owner only',
    })
  }
}

function createContext(cert: Buffer, key: Buffer, path: string): SecureContext {
  try {
    return createSecureContext({ cert, key })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason is given'
    throw new Wrong({
      about: 'certificate',
      says: `names \`${path}\`, which OpenSSL does not take (${code})`,
      allowed: 'RSA of at least 2048 bits or an elliptic curve, signed with SHA-256 or better, whole chain',
    })
  }
}

function timeProblem(certificate: X509Certificate, path: string, nowMs: number): PairProblem | undefined {
  const { validFromDate: from, validToDate: to } = certificate
  const about = 'certificate'
  const allowed = 'a certificate that is valid now; renew it, then validate again'
  if (nowMs > to.getTime()) return { about, says: `names \`${path}\`, which expired at ${to.toISOString()}`, allowed }
  if (nowMs < from.getTime())
    return { about, says: `names \`${path}\`, which is not valid before ${from.toISOString()}`, allowed }
  return undefined
}

function nameProblem(certificate: X509Certificate, files: PairFiles): PairProblem | undefined {
  for (const [at, name] of files.names.entries()) {
    // Of a wildcard any one name speaks for all of them.
    const asked = name.startsWith('*.') ? `any-name.${name.slice(2)}` : name
    if (certificate.checkHost(asked, { subject: 'never' }) !== undefined) continue
    const covered = (certificate.subjectAltName ?? '').slice(0, longestNames)
    return {
      about: 'names',
      at,
      says: `is \`${name}\`, which the certificate \`${files.certificate}\` does not cover`,
      allowed: covered === '' ? 'nothing: the certificate names no host' : `what it covers: ${covered}`,
    }
  }
  return undefined
}
