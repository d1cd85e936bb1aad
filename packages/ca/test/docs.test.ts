import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as fixtures from '../src/fixtures.ts'
import { KEY_TYPES, PROFILES } from '../src/index.ts'
import { EXTENDED_KEY_USAGE, type Profile } from '../src/profiles.ts'

const page = readFileSync(
  new URL('../../../docs/certificate-authority.md', import.meta.url),
  'utf8',
)

it.each(Object.entries(PROFILES))(
  'the page has the row of the profile %s',
  (name, profile: Profile) => {
    const { keyUsage, extendedKeyUsage, names, days } = profile
    const purposes = Object.entries(EXTENDED_KEY_USAGE).filter(([, oid]) =>
      extendedKeyUsage.includes(oid),
    )
    const spelled = purposes.map(([purpose]) => purpose).sort()
    const cells = [
      name,
      keyUsage.join(', '),
      spelled.join(', ') || '-',
      names.join(', ') || '-',
      String(days),
    ]
    const rows = page.split('\n').map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    expect(rows).toContainEqual(cells)
  },
)

it('the page names every key type and every fixture', () => {
  for (const name of [...KEY_TYPES, ...Object.keys(fixtures)]) expect(page).toContain(name)
})
