import { useCallback } from 'react'
import { createValueStore, useValue } from './valueStore.ts'

/** What every command needs to find this control plane; empty when its home is the default one. */
export const commandOptions = createValueStore('')

/** A command as it can be pasted into a terminal. */
export function withOptions(command: string, options: string): string {
  return options === '' ? command : `${command} ${options}`
}

/** Makes commands that can be pasted into a terminal. */
export function useCommands(): (command: string) => string {
  const options = useValue(commandOptions)
  return useCallback((command) => withOptions(command, options), [options])
}
