/** Devices that report other properties than they have. */

import { vi } from 'vitest'

/** Makes a device report other limits than it has. */
export function claimLimits(device: GPUDevice, limits: Record<string, number>): void {
  Object.defineProperty(device, 'limits', {
    value: new Proxy(device.limits, {
      get: (real, name: keyof GPUSupportedLimits & string) => limits[name] ?? real[name],
    }),
  })
}

/** Lets the test browser's software adapter pass for a graphics card, so that `'auto'` takes it. */
export function pretendHardware(): void {
  const info = { vendor: 'test', architecture: 'hardware', description: '', isFallbackAdapter: false }
  vi.spyOn(GPUAdapter.prototype, 'info', 'get').mockReturnValue(info as GPUAdapterInfo)
}
