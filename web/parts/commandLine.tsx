import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useCommands } from '../live/commandOptions.ts'

/** The same on the command line: shown, and copied as it is. */
export function CommandLine({ command: bare }: { readonly command: string }) {
  const command = useCommands()(bare)
  const [isCopied, setCopied] = useState(false)
  const Icon = isCopied ? Check : Copy
  return (
    <span className="cli" data-command={bare}>
      <code title={command}>{command}</code>
      <button
        type="button"
        className="icon-btn"
        title="Copy the command"
        aria-label={isCopied ? 'Copied' : 'Copy the command'}
        onClick={() => {
          void copyText(command).then(() => {
            setCopied(true)
            setTimeout(() => setCopied(false), 1_500)
          })
        }}
      >
        <Icon className="i i-s" aria-hidden="true" />
      </button>
    </span>
  )
}

/** Puts a text into the clipboard. Where the browser gives no clipboard (plain http from another machine) nothing happens. */
export async function copyText(text: string): Promise<void> {
  await navigator.clipboard?.writeText(text).catch(() => undefined)
}
