/** The README's code for a device of your own runs as it stands there. */

import * as webgpu from 'noiseshape/webgpu'
import { expect, test } from 'vitest'
import readme from '../../README.md?raw'

test('the example of createDropout is accepted by the device', async () => {
  const code = /```js\n(import \{ createDropout \}.*?)```/s.exec(readme)?.[1] ?? ''
  const body = code
    .replace(/^import (\{.*\}) from '.*'$/m, 'const $1 = webgpu')
    .replace(/^const device = .*$/m, "$&\ndevice.pushErrorScope('validation')")
  const run = new Function('webgpu', `return (async () => {${body}\nreturn device.popErrorScope()})()`)
  expect(code).toContain('op.encode')
  expect(await run(webgpu)).toBeNull()
})
