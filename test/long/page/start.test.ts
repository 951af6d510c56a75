/** The pages as `npm start` serves them, from their sources: each opens without an error. The built ones: test/page. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { pages } from '../../../site/shared/frame.js'
import { expectNothingWrong, open, useBrowser } from '../../page/visit.js'
import { type Served, servePage } from '../../support/browser.js'

const browser = useBrowser({ webgpu: true })
let served: Served

beforeAll(async () => {
  served = await servePage()
})
afterAll(() => served?.close())

test.each([...pages.map(({ file }) => file), 'uncertainty.html#runner=onnx', 'docs/uncertainty.html'])(
  '%s',
  async (file) => {
    const visit = await open(browser(), served.url + file)
    expect(await visit.page.$eval('main', (main) => main.dataset.state)).toBe('ready')
    expectNothingWrong(visit)
    await visit.page.close()
  },
)
