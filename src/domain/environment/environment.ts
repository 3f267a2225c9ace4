import type { SettingValue } from '../catalog/setting.ts'
import type { Door } from '../routing/table.ts'

/** Where the requests of its users enter. */
export interface Front extends Pick<Door, 'servedBy' | 'listen' | 'tls' | 'trustedProxies'> {
  readonly port: number | 'auto'
}

/** A place where services run: doors, settings, number of hosts. */
export interface Environment {
  readonly name: string
  /** Hosts of each service by name. */
  readonly hosts: Readonly<Record<string, number>>
  readonly front: Front
  /** service → setting name → value. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, SettingValue>>>>
  /** Declared differences from production: `<service>.<SETTING>` → reason, owner, until. */
  readonly differs: Readonly<Record<string, string>>
}
