import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { end, eventually, message, startNode } from '../processes.ts'
import type { Settings } from './serving.ts'

/** The processes of one resource server. */
export class Fleet {
  readonly ports: readonly number[]
  readonly #children: readonly ChildProcess[]

  private constructor(children: readonly ChildProcess[], ports: readonly number[]) {
    this.#children = children
    this.ports = ports
  }

  static async start(
    program: URL,
    count: number,
    settings: Omit<Settings, 'nonceSecret'>,
  ): Promise<Fleet> {
    const nonceSecret = randomBytes(32).toString('base64url')
    const start = () => startNode(program, { ...settings, nonceSecret })
    const children = Array.from({ length: count }, start)
    const said = await Promise.all(children.map((child) => message<{ url: string }>(child)))
    return new Fleet(
      children,
      said.map(({ url }) => Number(new URL(url).port)),
    )
  }

  /** In which life of the memory each of them lives. */
  async generations(): Promise<readonly string[]> {
    return Promise.all(
      this.#children.map(async (child) => {
        const answer = message<{ generation: string }>(child)
        child.send('generation')
        return (await answer).generation
      }),
    )
  }

  /** Resolves when all of them are in one life of the memory, and not in the one named. */
  async agree(before?: string): Promise<string> {
    let agreed = ''
    await eventually('one generation on all nodes', async () => {
      const [first = '', ...others] = await this.generations()
      agreed = first
      return first !== before && others.every((other) => other === first)
    })
    return agreed
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map(end))
  }
}
