/** What axe finds wrong with a page for people with disabilities. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'puppeteer'
import { expect } from 'vitest'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** `'colours'` tries what another theme can change, in a fraction of the time. */
export async function expectAxeFindsNothing(page: Page, rules: 'all' | 'colours' = 'all'): Promise<void> {
  await page.evaluate(axe)
  const found = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations, passes } = await axe.run(rules === 'all' ? {} : { runOnly: ['cat.color'] })
    return {
      passes: passes.length,
      violations: violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
      ),
    }
  }, rules)
  expect(found.violations).toEqual([])
  expect(found.passes).toBeGreaterThan(rules === 'all' ? 10 : 0)
}
