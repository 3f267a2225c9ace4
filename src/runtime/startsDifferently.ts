import type { InstanceSpec } from '../domain/catalog/instance.ts'

/** Whether a process of the first spec must be started anew to be one of the second. */
export function startsDifferently(before: InstanceSpec, after: InstanceSpec): boolean {
  return whatItGets(before) !== whatItGets(after)
}

function whatItGets(spec: InstanceSpec): string {
  return JSON.stringify([spec.build, spec.command, spec.settings, spec.data, spec.backDoorPort, spec.ready.path])
}
