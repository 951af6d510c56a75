import { expect, test } from 'vitest'

/** Every other GPU test stands on this one: without it, a suite could stay green with no GPU at all. */
test('the test browser has a WebGPU adapter', async () => {
  expect(isSecureContext, `${location.origin} must be a secure context, else there is no WebGPU`).toBe(true)
  expect(navigator.gpu, 'navigator.gpu is missing: this browser has no WebGPU').toBeDefined()
  const adapter = await navigator.gpu.requestAdapter()
  expect(adapter, 'requestAdapter() gave null: check the flags in scripts/browser.mjs').not.toBeNull()
  const { vendor, architecture, description } = (adapter as GPUAdapter).info
  console.log(
    `WebGPU adapter: ${[vendor, architecture, description].filter(Boolean).join(', ') || 'unnamed'}`,
  )
})
