/** Real servers for the tests of other packages. Not in the package that people install. */
export { installed, leftOut } from './servers/process.ts'
export { Redis } from './servers/redis.ts'
