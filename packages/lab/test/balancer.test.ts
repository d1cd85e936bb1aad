import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../src/errors.ts'
import { Balancer, type Balanced } from '../src/servers/balancer.ts'

/** Says who it is to everybody who comes. */
async function node(address: string, port = 0): Promise<Server> {
  const server = createServer((socket) => socket.end(address))
  await once(server.listen(port, address), 'listening')
  onTestFinished(async () => void server.close())
  return server
}

const portOf = (server: Server): number => Number(Object(server.address()).port)

async function balance(balanced: Balanced): Promise<Balancer> {
  const balancer = await Balancer.start(balanced)
  onTestFinished(() => balancer.close())
  return balancer
}

async function asked(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  return (await socket.toArray()).join('')
}

test('each connection goes to the next node that takes it, and ends where none does', async () => {
  const one = await node('127.0.0.2')
  const port = portOf(one)
  const two = await node('127.0.0.3', port)
  const nodes = ['127.0.0.2', '127.0.0.3']
  const balancer = await balance({ listen: '127.0.0.1', nodes, ports: [port] })
  expect([await asked(port), await asked(port)].toSorted()).toEqual(nodes)
  one.close()
  expect([await asked(port), await asked(port)]).toEqual(['127.0.0.3', '127.0.0.3'])
  two.close()
  expect(await asked(port)).toBe('')
  expect(balancer.served).toEqual([1, 3])
})

test('listens on every address of the machine, and leaves the nodes theirs', async () => {
  const port = portOf(await node('127.0.0.2'))
  await balance({ listen: '0.0.0.0', nodes: ['127.0.0.2'], ports: [port] })
  expect(await asked(port)).toBe('127.0.0.2')
})

test('a port that is taken is told, and nothing stays open', async () => {
  const taken = portOf(await node('127.0.0.1'))
  const free = await node('127.0.0.1')
  const port = portOf(free)
  free.close()
  await once(free, 'close')
  const started = Balancer.start({ listen: '127.0.0.1', nodes: [], ports: [port, taken] })
  await expect(started).rejects.toThrow(UsageError)
  await expect(started).rejects.toThrow(`127.0.0.1:${taken} cannot be listened on (EADDRINUSE)`)
  await node('127.0.0.1', port)
})
