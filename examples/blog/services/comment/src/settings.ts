/** Reads `SPAM_KEY` (required, a secret); throws without ever repeating it. */
export function readSpamKey(environment: NodeJS.ProcessEnv): string {
  const key = environment['SPAM_KEY']
  if (key === undefined || key === '') {
    throw new Error('SPAM_KEY is not set; give any random text to the service in this environment')
  }
  return key
}
