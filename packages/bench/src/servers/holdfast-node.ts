import { ROWS } from '@holdfast/sender-constraint'
import { decideWith } from '@holdfast/resource-server/rows-out'
import { BODY } from '../scenario.ts'
import { options } from './holdfast.ts'
import { serve } from './serving.ts'

const decide = decideWith(ROWS, options)

await serve(async (request, response) => {
  const verdict = await decide(request)
  const { status, headers, body } =
    'refused' in verdict ? verdict.refused : { status: 200, headers: verdict.headers, body: BODY }
  response.statusCode = status
  for (const [name, value] of Object.entries(headers))
    response.setHeader(name, typeof value === 'string' ? value : [...value])
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(body))
})
