import type { CommandInput } from '../command.ts'

export async function login({ client, print }: CommandInput): Promise<number> {
  const { url, expiresAt } = await client().post<{ url: string; expiresAt: string }>('/session/codes', {})
  print({ url, expiresAt }, () => `${url}\nopen it in a browser within two minutes; it works once\n`)
  return 0
}
