import { serve } from '../../src/servers/serving.ts'

/** Refuses everything. */
await serve((_, response) => response.writeHead(401).end())
