import { serve } from '../../src/servers/serving.ts'

/** Lets everything through, which is fast. */
await serve((_, response) => response.end('{}'))
