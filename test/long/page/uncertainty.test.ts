/** The uncertainty page with ONNX Runtime Web on a software GPU, example by example: what it says of each is what PyTorch says. */

import { expect, test } from 'vitest'
import { samples as examples, usual } from '../../../models/digits/samples.json'
import { expectPyTorch, nats, picked, pretendHardwareInWorkers, watchProgress } from '../../page/digits.js'
import { settled, text, type, useBrowser, useSite, useVisit } from '../../page/visit.js'

const site = useSite()
const here = useVisit(useBrowser({ webgpu: true }), () => `${site('uncertainty.html')}#runner=onnx`, {
  before: pretendHardwareInWorkers,
})

test('arrow keys move through the examples, and the numbers are those of PyTorch', async () => {
  const { page } = here()
  await page.focus('[name=example]')
  for (let example = 1; example < examples.length; example++) {
    await page.keyboard.press('ArrowRight')
    if (example % 6 !== 5) continue
    expect(await settled(page)).toBe('ready')
    expect(await picked(page)).toBe(example)
    await expectPyTorch(page, example)
    const unlike = (await nats(page, 'mutual')) > usual.mutualInformation
    expect((await text(page, 'verdict')) === 'It may be unlike the training digits.').toBe(unlike)
  }
})

test('1000 samples are shown as they come', async () => {
  const { page } = here()
  const done = await watchProgress(page)
  expect(await type(page, 'samples', '1000')).toBe('ready')
  expect(await text(page, 'progress')).toBe(
    '1000 of 1000 samples with ONNX Runtime Web on WebGPU (SwiftShader)',
  )
  const last = await done()
  expect(last.length).toBeGreaterThan(2)
  expect(last.at(-1)).toBe(1000)
})
