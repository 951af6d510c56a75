import { describe, expect, test } from 'vitest'
import { isSoftware, tuningFor } from '../../src/webgpu/tuning.js'

const adapter = (info: Partial<GPUAdapterInfo>) => info as GPUAdapterInfo
const device = (info: Partial<GPUAdapterInfo>) => ({ adapterInfo: info }) as GPUDevice

describe('an adapter is software', () => {
  test.each<[string, Partial<GPUAdapterInfo> | undefined, boolean]>([
    [
      'when the browser says so, whatever its name',
      { isFallbackAdapter: true, architecture: 'pascal' },
      true,
    ],
    ['when the browser says so and hides its name', { isFallbackAdapter: true }, true],
    ['when it is SwiftShader, by its architecture alone', { architecture: 'swiftshader' }, true],
    [
      'when it is SwiftShader, by its description alone',
      { isFallbackAdapter: false, description: 'SwiftShader Device (Subzero)' },
      true,
    ],
    ['when it is llvmpipe', { architecture: '', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }, true],
    ['but not when it is a graphics card', { isFallbackAdapter: false, architecture: 'pascal' }, false],
    ['but not when nothing is known of it', {}, false],
    ['but not when there is no information at all', undefined, false],
  ])('%s', (_, info, software) => {
    expect(isSoftware(info && adapter(info))).toBe(software)
  })
})

describe('work is divided', () => {
  test.each<[string, Partial<GPUAdapterInfo>, object]>([
    ['into small threads on hardware', { architecture: 'pascal' }, { groupsPerThread: 1, trusting: false }],
    [
      'into large ones on SwiftShader',
      { architecture: 'swiftshader' },
      { groupsPerThread: 64, trusting: true },
    ],
    ['along rows alone on llvmpipe', { description: 'llvmpipe' }, { longestRow: 0, trusting: true }],
    ['as on llvmpipe on other software', { isFallbackAdapter: true }, { longestRow: 0, trusting: true }],
  ])('%s', (_, info, expected) => {
    expect(tuningFor(device(info))).toMatchObject(expected)
  })

  test('by float arithmetic in the generator on SwiftShader alone', () => {
    const rotations = ['swiftshader', 'llvmpipe', 'pascal'].map(
      (architecture) => tuningFor(device({ architecture })).rotation,
    )
    expect(rotations).toEqual(['float', 'shift', 'shift'])
  })
})
