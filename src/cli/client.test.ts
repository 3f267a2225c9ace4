import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createClient } from './client.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** An API that answers every request with its path. @returns its port */
async function listen(port = 0): Promise<number> {
  const opened = createServer((request, response) => response.end(JSON.stringify({ path: request.url })))
  server = opened
  await new Promise<void>((resolve) => opened.listen(port, '127.0.0.1', resolve))
  return (opened.address() as AddressInfo).port
}

async function end(): Promise<void> {
  const ended = new Promise((resolve) => server?.close(resolve))
  server?.closeAllConnections()
  await ended
}

test('a change between two answers of a control plane that is killed waits until it is back', async () => {
  const port = await listen()
  const client = createClient(() => ({ url: `http://127.0.0.1:${port}`, token: 't' }))
  expect(await client.post('/organisation', {})).toEqual({ path: '/api/v1/organisation' })
  await end()
  let isBack = false
  const posted = client.post('/promotions', {}).then((answer) => ({ answer, isBack }))
  // Refused at least once before somebody listens again.
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  isBack = true
  await listen(port)
  expect(await posted).toEqual({ answer: { path: '/api/v1/promotions' }, isBack: true })
})

test('where nobody has ever answered, it says so at once', async () => {
  const port = await listen()
  await end()
  const client = createClient(() => ({ url: `http://127.0.0.1:${port}`, token: 't' }))
  const begun = performance.now()
  await expect(client.post('/organisation', {})).rejects.toMatchObject({ code: 'unreachable' })
  expect(performance.now() - begun).toBeLessThan(5_000)
})
