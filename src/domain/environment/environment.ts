import type { SettingValue } from '../catalog/setting.ts'

/** A place where services run: doors, settings, number of hosts. */
export interface Environment {
  readonly name: string
  /** Hosts of each service by name. */
  readonly hosts: Readonly<Record<string, number>>
  readonly front: { readonly port: number | 'auto'; readonly servedBy: 'always' | 'keyed' | 'never' }
  /** service → setting name → value. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, SettingValue>>>>
  /** Declared differences from production: `<service>.<SETTING>` → reason, owner, until. */
  readonly differs: Readonly<Record<string, string>>
}
