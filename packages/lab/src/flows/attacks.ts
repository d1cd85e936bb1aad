/** The attacks that a lab can be shown as it is. */
import { ATTACKS, judge, SERVER_ATTACKS, type WireResponse } from '@holdfast/attacks'
import { bad, column, named, type Tell, tick } from '../tell/terminal.ts'

/** Without arranging its memory or lending its key. */
export const ON_THE_API = ATTACKS.filter(({ situation, forges }) => !situation && !forges)

/** Without a certificate more on its revocation list each time. */
export const ON_THE_SERVER = SERVER_ATTACKS.filter(({ revokes }) => !revokes)

export interface AttackResult {
  readonly id: string
  readonly title: string
  readonly clause: string
  readonly actual: string
  readonly ok: boolean
}

interface Played<Scene> {
  readonly id: string
  readonly title: string
  readonly clause: string
  readonly answer: { readonly status: number; readonly error?: string }
  readonly play: (scene: Scene) => Promise<WireResponse>
}

export async function playAttacks<Scene>(
  attacks: readonly Played<Scene>[],
  scene: Scene,
  tell: Tell,
): Promise<readonly AttackResult[]> {
  const results: AttackResult[] = []
  for (const attack of attacks) {
    const { id, title, clause } = attack
    const { refused, actual } = judge(attack, await attack.play(scene), true)
    const [status = '', error = '–'] = actual.split(' ')
    const shown = column(error === clause ? '–' : error, 36)
    tell(`  ${tick(refused)} ${status} ${shown}${named(column(clause, 22))}${title}`)
    if (!refused) tell(bad(`    expected ${JSON.stringify(attack.answer)}, got ${actual}`))
    results.push({ id, title, clause, actual, ok: refused })
  }
  tell()
  return results
}
