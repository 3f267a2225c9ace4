import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DataStore } from '../../domain/catalog/dataStore.ts'
import type { InstanceSpec } from '../../domain/catalog/instance.ts'

export type Variables = Readonly<Record<string, string | undefined>>

export interface InstancePlace {
  readonly home: string
  /** Absolute path of `instances/<id>`. */
  readonly folder: string
  readonly port: number
}

/**
 * The whole environment of an instance. Secrets are read here, at start, and go nowhere else.
 * Throws an Error that names a secret that cannot be read, never its value.
 */
export function instanceEnvironment(spec: InstanceSpec, place: InstancePlace, own: Variables): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(spec.settings)) {
    variables[name] = value.kind === 'value' ? value.value : readSecret(name, value, own)
  }
  for (const store of spec.data) {
    if (store.access !== 'none') variables[storeVariable(store)] = `sqlite:${storePath(place.home, spec, store)}`
  }
  for (const name of ['LANG', 'TZ']) {
    const value = own[name]
    if (value !== undefined) variables[name] = value
  }
  return {
    ...variables,
    PATH: searchPath(own),
    HOST: '127.0.0.1',
    PORT: String(place.port),
    COFFERDAM_BACK_DOOR: `http://127.0.0.1:${spec.backDoorPort}`,
    COFFERDAM_SERVICE: spec.service,
    COFFERDAM_ENVIRONMENT: spec.environment,
    COFFERDAM_BUILD: spec.build.name,
    COFFERDAM_HOST: spec.host,
    COFFERDAM_INSTANCE: place.folder,
  }
}

/** Path of a store's file. */
export function storePath(home: string, spec: InstanceSpec, store: DataStore): string {
  return join(home, 'data', spec.environment, spec.service, `${store.name}.db`)
}

/** PATH with the folder of the Node that runs us in front, so that `node` means the pinned one. */
export function searchPath(own: Variables): string {
  return `${dirname(process.execPath)}:${own['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}`
}

function storeVariable(store: DataStore): string {
  return store.name === 'main'
    ? 'DATABASE_URL'
    : `DATABASE_${store.name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_URL`
}

type Secret = Extract<InstanceSpec['settings'][string], { kind: 'secret' }>

function readSecret(setting: string, secret: Secret, own: Variables): string {
  const value = secret.from === 'env' ? own[secret.name] : readSecretFile(setting, secret.name)
  if (value === undefined) {
    throw new Error(
      `setting ${setting} is the secret env:${secret.name}, and that variable is not set where the control plane runs`,
    )
  }
  return value
}

function readSecretFile(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw new Error(`setting ${setting} is the secret file:${path}, and that file cannot be read`, { cause })
  }
}

/** Takes the values of the spec's secrets out of a text, for words that go to people. */
export function withoutSecrets(text: string, spec: InstanceSpec, own: Variables): string {
  let clean = text
  for (const [name, value] of Object.entries(spec.settings)) {
    if (value.kind !== 'secret') continue
    try {
      const secret = readSecret(name, value, own)
      if (secret !== '') clean = clean.replaceAll(secret, `[secret ${name}]`)
    } catch {
      // A secret that cannot be read was not given to the process either.
    }
  }
  return clean
}
