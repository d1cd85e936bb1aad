/** The rules of the house (CONTRIBUTING.md), as far as they can be read off the files. */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from './program.ts'

const isOurs = (path: string) => !path.split('/').includes('node_modules')
const files = (pattern: string): readonly string[] =>
  globSync(pattern, { cwd: ROOT, exclude: (path) => !isOurs(path) })
    .filter(isOurs)
    .toSorted()
const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')

describe('every version stands once, in the catalogue', () => {
  const manifests = files('packages/*/package.json')

  test('there are manifests', () => {
    expect(manifests.length).toBeGreaterThan(8)
  })

  test.for(['package.json', ...manifests])('%s', async (path) => {
    const manifest = JSON.parse(await read(path))
    // Peers are ranges: they are what somebody else has.
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
      for (const [name, version] of Object.entries(manifest[kind] ?? {}))
        expect({ name, version }).toEqual({
          name,
          version: name.startsWith('@holdfast/') ? 'workspace:*' : 'catalog:',
        })
    expect(manifest).toMatchObject({ private: true, type: 'module', license: 'MIT' })
  })
})

interface Import {
  readonly specifier: string
  readonly isTypeOnly: boolean
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},]*?\sfrom\s+)?'([^'\n]+)'|\bimport\(\s*'([^'\n]+)'/g

/** Comments taken out, so that an example in one is no import. */
const codeOf = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')

const importsOf = (text: string): readonly Import[] =>
  [...codeOf(text).matchAll(IMPORT)].map(([, type, specifier, dynamic]) => ({
    specifier: specifier ?? dynamic ?? '',
    isTypeOnly: type !== undefined,
  }))

test('imports are found in every form that we write', () => {
  const text = `import a from 'a'
import { b,
  c } from 'b'
import type { D } from 'd'
export * from './e.ts'
export type { F } from 'f'
import 'g'
// import 'not'
/* import 'nor' */
const h = await import('h')`
  expect(
    importsOf(text).map(({ specifier, isTypeOnly }) => specifier + (isTypeOnly ? '!' : '')),
  ).toEqual(['a', 'b', 'd!', './e.ts', 'f!', 'g', 'h'])
})

interface Rule {
  /** What may be imported; `!` after a name: types only. Relative paths always may. */
  readonly may: readonly (string | RegExp)[]
  readonly never?: readonly RegExp[]
}

const NODE = /^node:/

/** The drivers of engines that a user may have. */
const peersOf = async (name: string): Promise<readonly string[]> =>
  Object.keys(JSON.parse(await read(`packages/${name}/package.json`)).peerDependencies ?? {})

/** CONTRIBUTING.md, “Who may import whom”. Who is not named here may import everything. */
const RULES: Readonly<Record<string, Rule>> = {
  'sender-constraint': {
    may: ['node:crypto', 'jose'],
    never: [
      /\bDate\b(?! *:)/,
      /\bprocess\./,
      /\bMath\.random\b/,
      /\bfetch\(/,
      /\bset(Timeout|Interval)\b/,
    ],
  },
  store: { may: [NODE, ...(await peersOf('store'))] },
  trace: { may: [] },
  ca: {
    may: [NODE, '@peculiar/x509', 'reflect-metadata', 'pkijs', 'asn1js', 'node-forge'],
  },
  client: { may: [NODE, 'openid-client', 'oauth4webapi', 'undici', 'jose'] },
  'authorization-server': {
    may: [
      NODE,
      'oidc-provider',
      // Pinned internals, in sender-constraint/library.ts and the token exchange: decision 0003 says why.
      'oidc-provider/lib/actions/grants/index.js',
      'oidc-provider/lib/helpers/grants.js',
      'oidc-provider/lib/helpers/weak_cache.js',
      'koa',
      '@koa/router',
      'raw-body',
      'zod',
      'pino',
      'prom-client',
      '@holdfast/sender-constraint',
      '@holdfast/store',
      '@holdfast/trace',
    ],
  },
  'resource-server': {
    may: [
      NODE,
      'koa',
      '@koa/router',
      'raw-body',
      'jose',
      'pino',
      'prom-client',
      'zod',
      'express',
      'fastify',
      'hono',
      /^hono\//,
      '@hono/node-server',
      '@holdfast/sender-constraint',
      '@holdfast/store',
      '@holdfast/trace',
    ],
  },
  gateway: {
    may: [
      /^(?!@holdfast\/)/,
      /^@holdfast\/(resource-server(?!\/(api|rows-out)$)|store|trace|client)(\/|$)/,
      '@holdfast/sender-constraint!',
    ],
  },
  attacks: {
    may: [
      NODE,
      '@holdfast/client',
      '@holdfast/ca',
      '@holdfast/ca/fixtures',
      '@holdfast/sender-constraint!',
      '@holdfast/authorization-server!',
      '@holdfast/trace!',
    ],
  },
}

function isAllowed({ may }: Rule, { specifier, isTypeOnly }: Import): boolean {
  if (specifier.startsWith('./') || specifier.startsWith('../')) return true
  return may.some((entry) => {
    if (entry instanceof RegExp) return entry.test(specifier)
    return entry.endsWith('!') ? isTypeOnly && entry === `${specifier}!` : entry === specifier
  })
}

interface Found extends Import {
  readonly path: string
}

async function importsIn(pattern: string): Promise<readonly Found[]> {
  const each = files(pattern).map(async (path) =>
    importsOf(await read(path)).map(({ specifier, isTypeOnly }) => ({
      path,
      specifier,
      isTypeOnly,
    })),
  )
  return (await Promise.all(each)).flat()
}

/** The files that hold what they should not, with what they hold. */
async function filesWith(pattern: string, what: RegExp): Promise<readonly string[]> {
  const each = files(pattern).map(async (path) => {
    const found = what.exec(codeOf(await read(path)))?.[0]
    return found === undefined ? [] : [`${path}: ${found}`]
  })
  return (await Promise.all(each)).flat()
}

const tell = ({ path, specifier }: Found): string => `${path} imports ${specifier}`

describe('who may import whom', () => {
  test.for(Object.entries(RULES))('%s', async ([name, rule]) => {
    const found = await importsIn(`packages/${name}/{src,api}/**/*.ts`)
    expect(found.filter((one) => !isAllowed(rule, one)).map(tell)).toEqual([])
    for (const pattern of rule.never ?? [])
      expect(await filesWith(`packages/${name}/src/**/*.ts`, pattern)).toEqual([])
  })

  test('nobody reaches into another package by a path', async () => {
    const found = await importsIn('packages/*/{src,api,test}/**/*.ts')
    expect(found.length).toBeGreaterThan(500)
    const strays = found.filter(({ path, specifier }) => {
      const to = join(path, '..', specifier).split('/')
      return specifier.startsWith('.') && to[1] !== path.split('/')[1]
    })
    expect(strays.map(tell)).toEqual([])
  })

  test('nobody imports the lab but bench and console', async () => {
    const found = await importsIn('packages/!(lab|bench|console)/{src,api,test}/**/*.ts')
    expect(found.filter(({ specifier }) => /^@holdfast\/(lab|bench)/.test(specifier))).toEqual([])
  })
})

const SOURCES = 'packages/*/{src,api}/**/!(configuration).ts'

test('there are sources', () => {
  expect(files(SOURCES).length).toBeGreaterThan(100)
})

test('the environment is read by configuration.ts alone', async () => {
  expect(await filesWith(SOURCES, /\bprocess\.env\b/)).toEqual([])
})

test('only tools’ configuration files have a default export', async () => {
  const pattern = 'packages/*/{src,api,test}/**/!(*.config).ts'
  expect(await filesWith(pattern, /^export default\b.*/m)).toEqual([])
})

test('no test listens on a port of its choice', async () => {
  expect(await filesWith('packages/*/test/**/*.ts', /\.listen\(\s*[1-9]\d*/)).toEqual([])
})
