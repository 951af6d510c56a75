/** Tensors of other libraries as `x`: the error says how to get their values. */

import '@tensorflow/tfjs-backend-cpu'
import { ones } from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { float32 } from '../../src/elements/float32.js'
import { tensorRemedy } from '../../src/tensor-remedy.js'

test('of TensorFlow.js', () => {
  const x = ones([2])
  expect(tensorRemedy(x, float32)).toMatch(/dropout of noiseshape\/tfjs, or pass await x\.data\(\)/)
  x.dispose()
})

test('of another realm, whose Float32Array is another class', async () => {
  const { runInNewContext } = await import('node:vm')
  const x = runInNewContext('new Float32Array(2)')
  expect(x instanceof Float32Array).toBe(false)
  expect(tensorRemedy(x, float32)).toMatch(/Float32Array\.from\(x\): it belongs to another/)
})
