// Preloaded into an example under test: says on which port it listens, so that the example need not.
import { writeSync } from 'node:fs'
import { Server } from 'node:net'

const emit = Reflect.get(Server.prototype, 'emit')
Server.prototype.emit = function (event, ...rest) {
  if (event === 'listening') writeSync(1, `listening on ${this.address().port}\n`)
  return Reflect.apply(emit, this, [event, ...rest])
}
