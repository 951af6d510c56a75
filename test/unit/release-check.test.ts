import { expect, test } from 'vitest'
import { reasonsAgainst } from '../../scripts/release-check.mjs'

const ready = {
  tag: 'v1.2.3',
  repository: 'owner/name',
  manifest: { version: '1.2.3', repository: { url: 'git+https://github.com/owner/name.git' } },
  changelog: '# Changelog\n\n## Unreleased\n\n## 1.2.3\n\n- A change.\n\n## 1.2.2\n\n- Another.\n',
  citation: 'title: x\nversion: 1.2.3\nlicense: MIT\n',
}

test('a version that everything agrees on can be released, with an empty heading for the next or without', () => {
  expect(reasonsAgainst(ready)).toEqual([])
  expect(reasonsAgainst({ ...ready, changelog: ready.changelog.replace('## Unreleased\n\n', '') })).toEqual(
    [],
  )
})

test.each([
  ['another tag', { tag: 'v1.2.4' }, 'the tag must be v1.2.3'],
  ['a tag without v', { tag: '1.2.3' }, 'the tag must be v1.2.3'],
  ['no lines in the changelog', { changelog: '# Changelog\n\n## 1.2.2\n' }, 'no heading "## 1.2.3"'],
  [
    'lines that are not moved yet',
    { changelog: ready.changelog.replace('## Unreleased\n', '## Unreleased\n\n- New.\n') },
    'still has lines under "## Unreleased"',
  ],
  ['another version to cite', { citation: 'title: x\nversion: 1.2.2\n' }, 'CITATION.cff'],
  ['no address', { manifest: { version: '1.2.3' } }, 'npm run address -- https://github.com/owner/name'],
  ['the address of another repository', { repository: 'owner/fork' }, 'https://github.com/owner/fork'],
])('%s is one reason against it', (_, change, reason) => {
  expect(reasonsAgainst({ ...ready, ...change })).toEqual([expect.stringContaining(reason)])
})
