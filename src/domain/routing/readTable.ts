import { isLoopback } from './doorUrl.ts'
import type { RouteTable } from './table.ts'

export type ReadTable =
  | { readonly ok: true; readonly table: RouteTable }
  | { readonly ok: false; readonly problems: readonly string[] }

const maxProblems = 100

type Fields = Readonly<Record<string, unknown>>
type Check = (value: unknown, path: string) => void

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 100 ? `${text.slice(0, 97)}…` : text
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Collects what is wrong with a document; every message names path, value and what is allowed. */
class TableCheck {
  readonly problems: string[] = []

  add(path: string, value: unknown, allowed: string): void {
    if (this.problems.length < maxProblems) this.problems.push(`${path} is ${shown(value)}; allowed: ${allowed}`)
  }

  readonly text: Check = (value, path) => {
    if (typeof value !== 'string' || value === '') this.add(path, value, 'a text that is not empty')
  }

  readonly boolean: Check = (value, path) => {
    if (typeof value !== 'boolean') this.add(path, value, 'true or false')
  }

  readonly fraction: Check = (value, path) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) this.add(path, value, '0 to 1')
  }

  readonly positive: Check = (value, path) => {
    if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value)) this.add(path, value, 'a number above 0')
  }

  readonly path: Check = (value, path) => {
    if (typeof value !== 'string' || !value.startsWith('/')) this.add(path, value, 'a path that begins with "/"')
  }

  readonly port: Check = (value, path) => {
    if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 65_535)
      this.add(path, value, '1 to 65535')
  }

  readonly ip: Check = (value, path) => {
    if (typeof value !== 'string' || !/^[0-9A-Fa-f:.]{2,45}$/.test(value)) this.add(path, value, 'an IP address')
  }

  readonly address: Check = (value, path) => {
    const match = typeof value === 'string' ? /^(127\.0\.0\.1|\[::1\]|[\w.-]+):(\d{1,5})$/.exec(value) : null
    const port = match === null ? 0 : Number(match[2])
    if (port < 1 || port > 65_535) this.add(path, value, 'HOST:PORT')
  }

  oneOf(allowed: readonly string[]): Check {
    return (value, path) => {
      if (!allowed.includes(value as string)) this.add(path, value, allowed.join(', '))
    }
  }

  list(check: Check): Check {
    return (value, path) => {
      if (!Array.isArray(value)) return this.add(path, value, 'a list')
      value.forEach((item, at) => check(item, `${path}[${at}]`))
    }
  }

  /** An object with these fields; a name that ends in `?` may be absent. Fields that are not named are ignored. */
  fields(shape: Readonly<Record<string, Check>>, more?: (fields: Fields, path: string) => void): Check {
    return (value, path) => {
      if (!isFields(value)) return this.add(path, value, 'an object')
      const before = this.problems.length
      for (const [name, check] of Object.entries(shape)) {
        const optional = name.endsWith('?')
        const key = optional ? name.slice(0, -1) : name
        if (!optional || value[key] !== undefined) check(value[key], path === '' ? key : `${path}.${key}`)
      }
      if (more !== undefined && this.problems.length === before) more(value, path)
    }
  }

  /** No two of the list have the same name. */
  unique(values: readonly unknown[], path: string, what: string): void {
    const seen = new Set<unknown>()
    for (const value of values) {
      if (seen.has(value)) this.add(path, value, `each ${what} once`)
      seen.add(value)
    }
  }
}

function audience(check: TableCheck): Check {
  const share = check.fields({ from: check.fraction, to: check.fraction }, (fields, path) => {
    if ((fields['from'] as number) > (fields['to'] as number)) check.add(path, fields, 'from ≤ to')
  })
  const key = check.fields({ key: check.text, 'expiresAtMs?': check.positive })
  const kind = check.fields({ kind: check.oneOf(['everyone', 'key', 'share']) })
  return (value, path) => {
    kind(value, path)
    if (!isFields(value)) return
    if (value['kind'] === 'share') share(value, path)
    if (value['kind'] === 'key') key(value, path)
  }
}

function layer(check: TableCheck): Check {
  const host = check.fields({ id: check.text, address: check.address, instance: check.text })
  return check.fields(
    {
      name: check.text,
      who: audience(check),
      build: check.fields({ name: check.text, digest: check.text }),
      hosts: check.list(host),
      'watchedForMs?': check.positive,
    },
    (fields, path) =>
      check.unique(
        (fields['hosts'] as Fields[]).map((each) => each['id']),
        `${path}.hosts`,
        'host id',
      ),
  )
}

/** Shares of one service must not overlap: else the order of layers would decide, silently. */
function sharesDoNotOverlap(check: TableCheck, layers: readonly Fields[], path: string): void {
  const shares = layers.map((each) => each['who'] as Fields).filter((who) => who['kind'] === 'share')
  const sorted = shares.map((who) => [who['from'] as number, who['to'] as number] as const).sort((a, b) => a[0] - b[0])
  for (let i = 1; i < sorted.length; i += 1) {
    if (sorted[i]![0] < sorted[i - 1]![1]) check.add(path, sorted, 'shares that do not overlap')
  }
}

function service(check: TableCheck): Check {
  return check.fields(
    {
      name: check.text,
      pages: check.boolean,
      routes: check.list(check.fields({ 'host?': check.text, path: check.path })),
      healthPath: check.path,
      layers: check.list(layer(check)),
    },
    (fields, path) => {
      const layers = fields['layers'] as Fields[]
      check.unique(
        layers.map((each) => each['name']),
        `${path}.layers`,
        'layer name',
      )
      sharesDoNotOverlap(check, layers, `${path}.layers`)
    },
  )
}

function door(check: TableCheck): Check {
  return check.fields(
    {
      id: check.text,
      kind: check.oneOf(['front', 'back']),
      port: check.port,
      'caller?': check.text,
      servedBy: check.oneOf(['always', 'keyed', 'never']),
      strict: check.boolean,
      'key?': check.text,
      'listen?': check.ip,
      'tls?': check.list(
        check.fields({ certificate: check.path, key: check.path, names: check.list(check.text) }, () => undefined),
      ),
      'trustedProxies?': check.list(check.text),
    },
    (fields, path) => {
      if (fields['kind'] === 'back') check.text(fields['caller'], `${path}.caller`)
      const { listen = '127.0.0.1', tls, trustedProxies } = fields as { listen?: string; tls?: []; trustedProxies?: [] }
      if (tls?.length === 0) check.add(`${path}.tls`, tls, 'one certificate or more')
      // The last guard before a port is opened: whatever compiled the table.
      if (!isLoopback(listen) && (fields['kind'] === 'back' || !(tls || trustedProxies?.length)))
        check.add(`${path}.listen`, listen, 'loopback; another address for a front door with tls or trustedProxies')
    },
  )
}

function environment(check: TableCheck): Check {
  return check.fields(
    {
      name: check.text,
      doors: check.list(door(check)),
      services: check.list(service(check)),
      'base?': check.fields({ environment: check.text, methods: check.list(check.text) }),
    },
    (fields, path) => {
      const services = fields['services'] as Fields[]
      check.unique(
        services.map((each) => each['name']),
        `${path}.services`,
        'service',
      )
      const routes = services.flatMap((each) => each['routes'] as Fields[])
      const named = routes.map(
        (route) => `${(route['host'] as string | undefined) ?? '*'} ${(route['path'] as string).replace(/\/+$/, '')}`,
      )
      check.unique(named, `${path}.services`, 'route (host and path)')
    },
  )
}

function basesEnd(check: TableCheck, environments: readonly Fields[]): void {
  const baseOf = new Map(
    environments.map((each) => [each['name'], (each['base'] as Fields | undefined)?.['environment']]),
  )
  for (const [name, base] of baseOf) {
    if (base !== undefined && !baseOf.has(base))
      check.add(`base of ${shown(name)}`, base, [...baseOf.keys()].join(', '))
    let below = base
    for (let steps = 0; below !== undefined && steps <= baseOf.size; steps += 1) {
      if (below === name) {
        check.add(`base of ${shown(name)}`, base, 'an environment that does not stand on this one')
        break
      }
      below = baseOf.get(below)
    }
  }
}

/**
 * Reads a route table that came from outside: complete, or all that is wrong with it (at most 100 problems).
 * Unknown fields are ignored, so that an older gateway can execute a newer table.
 */
export function readTable(document: unknown): ReadTable {
  const check = new TableCheck()
  const whole = check.fields(
    {
      schema: check.oneOf(['cofferdam.table/1']),
      generation: (value, path) => {
        if (!Number.isSafeInteger(value) || (value as number) < 0) check.add(path, value, 'a whole number, 0 or more')
      },
      environments: check.list(environment(check)),
    },
    (fields) => {
      const environments = fields['environments'] as Fields[]
      check.unique(
        environments.map((each) => each['name']),
        'environments',
        'environment',
      )
      const doors = environments.flatMap((each) => each['doors'] as Fields[])
      check.unique(
        doors.map((each) => each['id']),
        'doors',
        'door id',
      )
      check.unique(
        doors.map((each) => each['port']),
        'doors',
        'port',
      )
      basesEnd(check, environments)
    },
  )
  whole(document, '')
  return check.problems.length > 0
    ? { ok: false, problems: check.problems }
    : { ok: true, table: document as RouteTable }
}
