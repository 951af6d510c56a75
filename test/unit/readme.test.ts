/** The code of README.md and docs/ does what the pages say: every block is run, here or in a browser (test/gpu). */

import '@tensorflow/tfjs-backend-cpu'
import * as fs from 'node:fs'
import * as tfCore from '@tensorflow/tfjs-core'
import * as tfLayers from '@tensorflow/tfjs-layers'
import * as root from 'noiseshape'
import * as cpu from 'noiseshape/cpu'
import * as monteCarlo from 'noiseshape/monte-carlo'
import * as onnx from 'noiseshape/onnx'
import * as tfjs from 'noiseshape/tfjs'
import { resolveConfig } from 'vite'
import { describe, expect, test } from 'vitest'
import { examples, fileNamed, fileNameOf, needsBrowser, printed, run } from '../support/examples'
import { withoutTypes } from '../support/typescript'

const modules: Record<string, object> = {
  noiseshape: root,
  'noiseshape/cpu': cpu,
  'noiseshape/monte-carlo': monteCarlo,
  'noiseshape/onnx': onnx,
  'noiseshape/tfjs': tfjs,
  'node:fs': fs,
  '@tensorflow/tfjs-core': tfCore,
  '@tensorflow/tfjs-layers': tfLayers,
}

const whole = examples.filter((example) => !needsBrowser(example) && !fileNameOf(example))

test('the pages have examples, and each of those that run here says what it prints', () => {
  expect(whole.length).toBeGreaterThanOrEqual(12)
  expect(whole.filter(({ output }) => output === undefined).map(({ name }) => name)).toEqual([])
})

test.each(whole)('$name prints what the page says', async ({ code, output }) => {
  expect(await printed(code, modules)).toBe(output)
})

describe('files of an example', () => {
  test('every one of them is run: here, in a browser, or in its runtime by npm run test:long', () => {
    const files = examples
      .filter((example) => !needsBrowser(example))
      .flatMap((each) => fileNameOf(each) ?? [])
    expect(files.sort()).toEqual(
      ['deno.js', 'gpu.mjs', 'page.js', 'use-engine.ts', 'vite.config.js', 'worker.js'].sort(),
    )
  })

  test('the page and its worker', async () => {
    const worker = fileNamed('docs/workers-and-react.md', 'worker.js')
    const page = fileNamed('docs/workers-and-react.md', 'page.js')
    const urls: string[] = []
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    class Worker {
      readonly port: MessagePort
      constructor(url: URL) {
        urls.push(url.href)
        const { port1, port2 } = new MessageChannel()
        this.port = port1
        const self = {
          set onmessage(listener: (event: MessageEvent) => void) {
            port2.onmessage = listener
          },
          postMessage: port2.postMessage.bind(port2),
        }
        run(worker.code, modules, { self })
      }
      set onmessage(listener: (event: MessageEvent) => void) {
        this.port.onmessage = listener
      }
      postMessage(data: unknown, options: StructuredSerializeOptions) {
        this.port.postMessage(data, options)
      }
      terminate() {
        this.port.close()
        end()
      }
    }
    const lines: string[] = []
    const console = { log: (...words: unknown[]) => lines.push(`${words.join(' ')}\n`) }
    await run(page.code, modules, { Worker, console })
    await ended
    expect(lines.join('')).toBe(page.output)
    expect(urls).toEqual(['http://localhost/worker.js'])
  })

  test('the hook destroys every engine that it made, also the one of the first of the two mounts of Strict Mode', async () => {
    const made: root.Engine[] = []
    const noiseshape = {
      async createEngine() {
        const engine = await root.createEngine({ backend: 'cpu' })
        made.push(engine)
        return engine
      },
    }
    let state: unknown = null
    const effects: (() => () => void)[] = []
    const react = {
      useState: () => [
        state,
        (next: unknown) => {
          state = next
        },
      ],
      useEffect: (effect: () => () => void) => effects.push(effect),
    }
    const { code } = fileNamed('docs/workers-and-react.md', 'use-engine.ts')
    const { useEngine } = await run(withoutTypes(code), { react, noiseshape }, {}, ['useEngine'])
    const render = useEngine as () => root.Engine | null
    const works = (engine: root.Engine) => engine.mask({ shape: [1], rate: 0.5, seed: 1 }).then(() => true)

    expect(render()).toBeNull()
    effects[0]()() // Strict Mode: mounted and unmounted ...
    const unmount = effects[0]() // ... and mounted again
    await new Promise((resolve) => setTimeout(resolve))
    expect(made).toHaveLength(2)
    expect(render()).toBe(made[1])
    await expect(works(made[0])).rejects.toThrow(root.EngineDestroyedError)
    expect(await works(made[1])).toBe(true)
    unmount()
    await new Promise((resolve) => setTimeout(resolve))
    await expect(works(made[1])).rejects.toThrow(root.EngineDestroyedError)
  })

  test('Vite accepts the configuration', async () => {
    const { code } = fileNamed('docs/bundlers.md', 'vite.config.js')
    const { defaultExport } = await run(code, {}, {}, ['defaultExport'])
    const config = await resolveConfig({ ...(defaultExport as object), configFile: false }, 'serve')
    expect(config.optimizeDeps.exclude).toContain('onnxruntime-web')
  })
})
