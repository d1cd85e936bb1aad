/** Where the server lets itself be sent: a client's URL must not lead it anywhere else. */
import { expect, test } from 'vitest'
import { notifying } from '../../src/clients/notification.ts'

function watched() {
  const asked: { url: string; request: RequestInit }[] = []
  const notify = notifying(['client.example', '[::1]'], async (url, request) => {
    asked.push({ url, request })
    return new Response(null, { status: 204 })
  })
  return { asked, notify }
}

test.each([
  'http://client.example/ping',
  'https://other.example/ping',
  'https://client.example.other.example/ping',
  'https://client.example@other.example/ping',
  'https://sub.client.example/ping',
  'https://127.0.0.1/ping',
  'https://2130706433/ping',
  'https://[::ffff:127.0.0.1]/ping',
  'https://169.254.169.254/latest/meta-data',
  'file:///etc/passwd',
])('%s is not asked', async (url) => {
  const { asked, notify } = watched()
  await expect(notify(url, { method: 'POST' })).rejects.toThrow('not one of the hosts')
  expect(asked).toEqual([])
})

test('an answer that never ends is not waited for, nor held', async () => {
  let isHeld = true
  const endless = new ReadableStream({ cancel: () => void (isHeld = false) })
  const notify = notifying(['client.example'], async () => new Response(endless))
  expect((await notify('https://client.example/ping')).status).toBe(200)
  expect(isHeld).toBe(false)
})

test('a host that is listed is asked at any port, and a redirect is never followed', async () => {
  const { asked, notify } = watched()
  const request = { method: 'POST', body: '{}', redirect: 'follow' } as const
  for (const url of ['https://CLIENT.example:8443/ping', 'https://[::1]/ping'])
    expect((await notify(url, request)).status).toBe(204)
  expect(asked).toEqual(
    ['https://client.example:8443/ping', 'https://[::1]/ping'].map((url) => ({
      url,
      request: { method: 'POST', body: '{}', redirect: 'manual' },
    })),
  )
})
