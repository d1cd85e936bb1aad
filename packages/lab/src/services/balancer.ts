/** A TCP balancer in front of several authorization servers, in a process of its own. */
import { Balancer } from '../servers/balancer.ts'
import { runService } from '../servers/service.ts'
import { UsageError } from '../errors.ts'

await runService(async ({ listen, nodes, ports }, closing) => {
  if (nodes.length === 0)
    throw new UsageError('HOLDFAST_NODES is missing: the addresses of the authorization servers')
  const both = [ports.authorizationServer, ports.mtlsAlias]
  const balancer = await Balancer.start({ listen, nodes, ports: both })
  closing.defer(async () => balancer.close())
  return both.map((port) => `${listen}:${port}`)
})
