/** What people install: four tarballs, in an empty folder outside the workspace, on Node 22 and 24. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examine } from './examples-run.ts'
import { EXAMPLES, startRealIssuer } from './examples.ts'

const PACKAGES = ['sender-constraint', 'store', 'trace', 'resource-server'] as const
const packages = join(import.meta.dirname, '../..')
const tools = join(packages, '../node_modules/.bin')
const folder = mkdtempSync(join(tmpdir(), 'holdfast-installed-'))
const tarballs = PACKAGES.map((name) => join(folder, `holdfast-${name}-0.1.0.tgz`))
const app = join(folder, 'app')
const issuer = await startRealIssuer()

const execute = promisify(execFile)
const run = async (program: string, args: readonly string[], cwd: string): Promise<string> => {
  try {
    return (await execute(program, args, { cwd, maxBuffer: 16 * 1024 * 1024 })).stdout
  } catch (error) {
    const { stdout, stderr }: { stdout?: string; stderr?: string } = Object(error)
    throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}
// A connection to the registry that hangs is given up after twenty seconds, not npm's five minutes.
const PATIENCE = ['--fetch-timeout=20000', '--fetch-retries=5', '--fetch-retry-mintimeout=1000']
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
const install = (where: string, ...specs: readonly string[]) =>
  run('npm', ['install', ...QUIET, ...PATIENCE, ...specs], where)

/** An empty project, and the names of everything that is installed in it. */
function project(path: string): string {
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }')
  return path
}
function installed(path: string): readonly string[] {
  const text = readFileSync(join(path, 'node_modules/.package-lock.json'), 'utf8')
  return Object.keys(Object(JSON.parse(text)).packages).map((key) =>
    key.split('node_modules/').at(-1)!,
  )
}

/** The version that the workspace is tested with. */
const pinned = (name: string): string => {
  const manifest = join(import.meta.dirname, '../node_modules', name, 'package.json')
  return `${name}@${Object(JSON.parse(readFileSync(manifest, 'utf8'))).version}`
}

const nodes = new Map([['24', process.execPath]])

beforeAll(async () => {
  for (const name of PACKAGES)
    await run('pnpm', ['pack', '--pack-destination', folder], join(packages, name))

  const frameworks = ['express', '@types/express', 'fastify', 'hono', '@hono/node-server']
  const others = ['koa', '@koa/router', '@types/koa']
  const types = `@types/node@${process.versions.node.split('.')[0]}`
  await install(project(app), ...tarballs, ...[...frameworks, ...others].map(pinned), types)
  cpSync(join(import.meta.dirname, '../examples'), join(app, 'examples'), { recursive: true })

  const platform = `${process.platform}-${process.arch}`
  const name = platform === 'darwin-arm64' ? `node-bin-${platform}` : `node-${platform}`
  const node22 = project(join(folder, 'node22'))
  await install(node22, `${name}@22`)
  nodes.set('22', join(node22, 'node_modules', name, 'bin/node'))
}, 600_000)

afterAll(async () => {
  await issuer.close()
  rmSync(folder, { recursive: true })
  for (const name of PACKAGES)
    rmSync(join(packages, name, 'dist'), { recursive: true, force: true })
})

test.for(PACKAGES)('%s is well made', { timeout: 60_000 }, async (name) => {
  const tarball = join(folder, `holdfast-${name}-0.1.0.tgz`)
  const listing = await run('tar', ['-tzf', tarball], folder)
  const files = listing.trim().split('\n').toSorted()
  expect(files.filter((file) => !/^package\/((dist|src)\/.+|[A-Za-z.]+)$/.test(file))).toEqual([])
  expect(files.filter((file) => file.endsWith('.test.ts'))).toEqual([])
  expect(await run(join(tools, 'publint'), [tarball, '--strict'], folder)).toContain('All good!')
  await run(join(tools, 'attw'), ['--profile', 'esm-only', tarball], folder)
})

test('every module comes with its declarations, and a map to its source', () => {
  for (const name of PACKAGES) {
    const root = join(app, 'node_modules/@holdfast', name)
    const modules = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    const scripts = modules.filter((file) => file.endsWith('.js'))
    expect(scripts).toContain('index.js')
    for (const script of scripts) {
      const path = join(root, 'dist', script)
      expect(readFileSync(path, 'utf8')).toMatch(/^\/\/# sourceMappingURL=\S+\.js\.map$/m)
      expect(modules).toContain(script.replace(/js$/, 'd.ts'))
      const { sources } = Object(JSON.parse(readFileSync(`${path}.map`, 'utf8')))
      expect(readFileSync(join(dirname(path), sources[0]), 'utf8')).not.toBe('')
    }
  }
})

test('no declaration says any', () => {
  const folders = PACKAGES.map((name) => join(app, 'node_modules/@holdfast', name, 'dist'))
  const declarations = folders.flatMap((dist) =>
    readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.d.ts'))
      .map((file) => join(dist, file)),
  )
  expect(declarations.length).toBeGreaterThan(50)
  const uncommented = (text: string) => text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '')
  expect(
    declarations.filter((file) => /\bany\b/.test(uncommented(readFileSync(file, 'utf8')))),
  ).toEqual([])
})

test('nothing is installed along that was not asked for', async () => {
  const alone = project(join(folder, 'alone'))
  await install(alone, ...tarballs)
  const names = installed(alone)
  expect(names).toEqual(expect.arrayContaining(PACKAGES.map((name) => `@holdfast/${name}`)))
  const unwanted = {
    x509: /x509|pkijs|asn1|node-forge|jsrsasign|reflect-metadata/,
    drivers: /redis|valkey|^pg|sqlite|mongo|mysql/,
    frameworks: /^(express|fastify|hono|@hono\/.*)$/,
    ours: /^@holdfast\/(?!sender-constraint$|store$|trace$|resource-server$)/,
  }
  for (const [kind, pattern] of Object.entries(unwanted))
    expect([kind, ...names.filter((name) => pattern.test(name))]).toEqual([kind])
}, 300_000)

test('the examples have types, of every framework', async () => {
  const options = {
    noEmit: true,
    strict: true,
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024'],
    types: ['node'],
    allowImportingTsExtensions: true,
    exactOptionalPropertyTypes: true,
    noPropertyAccessFromIndexSignature: true,
    skipLibCheck: true,
  }
  writeFileSync(
    join(app, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['examples'] }),
  )
  expect(await run(join(tools, 'tsc'), ['-p', app], app)).toBe('')
}, 60_000)

describe.each(['22', '24'])('on Node %s', (version) => {
  test('the version is that', async () => {
    expect(await run(nodes.get(version)!, ['--version'], app)).toMatch(
      new RegExp(`^v${version}\\.`),
    )
  })

  test('post-quantum algorithms are those that it has; without any, no route asks for them', async () => {
    const script = `
      import { POST_QUANTUM } from '@holdfast/sender-constraint'
      import { protect } from '@holdfast/resource-server/node'
      import { ReplayMemoryInProcess } from '@holdfast/store'
      const url = 'https://rs.example'
      const options = { resource: url, issuer: url, audience: url, scopes: [], tokens: () => ({}) }
      const server = { memory: new ReplayMemoryInProcess(), nonceSecret: new Uint8Array(32) }
      let made = true
      try {
        protect({ ...options, ...server, profile: 'post-quantum' }, () => {})
      } catch (error) {
        made = error.message
      }
      protect({ ...options, ...server }, () => {})
      console.log(JSON.stringify([POST_QUANTUM, made]))`
    const said = await run(nodes.get(version)!, ['--input-type=module', '-e', script], app)
    const none =
      'protect: profile is "post-quantum"; allowed: fapi2-security-profile: this Node has no ML-DSA'
    expect(JSON.parse(said)).toEqual(
      version === '22' ? [[], none] : [['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'], true],
    )
  })

  test.for(EXAMPLES)('example %s', async (name) => {
    const file = join(app, 'examples', `${name}.ts`)
    expect(await examine({ node: nodes.get(version)!, file }, issuer)).toBe('')
  })

  test.for(['rows-out', 'api', 'dist/rows-out.js', 'src/index.ts'])(
    'there is no door %s',
    async (path) => {
      const script = `import('@holdfast/resource-server/${path}').catch((e) => console.log(e.code))`
      const code = await run(nodes.get(version)!, ['--input-type=module', '-e', script], app)
      expect(code).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n')
    },
  )
})
