/** Calls on a device that goes: in Node, where a device of the test's own says and does things in any order. */

import { expect, test, vi } from 'vitest'
import { DeviceLostError } from '../../src/webgpu/errors.js'
import { createLifetime } from '../../src/webgpu/lifetime.js'
import { bounded } from '../support/bounded'
import { caught } from '../support/refusals'

/** As much of a device as a lifetime sees, and how to lose it. */
function deviceToLose() {
  let lose = (_: { reason: string; message: string }) => {}
  const lost = new Promise((resolve) => {
    lose = resolve
  })
  let destroyed = 0
  const device = {
    lost,
    destroy() {
      destroyed++
      lose({ reason: 'destroyed', message: 'by a call' })
    },
  }
  return {
    device: device as unknown as GPUDevice,
    lose: () => lose({ reason: 'unknown', message: 'the driver has gone' }),
    destroyed: () => destroyed,
  }
}

const later = (what: () => void) => setTimeout(what, 5)

test('a call that fails before the news of the loss comes rejects with the loss', async () => {
  const { device, lose } = deviceToLose()
  const lifetime = createLifetime(device, { owned: false })
  const step = lifetime.run(async () => {
    later(lose)
    throw new Error('a buffer could not be mapped')
  })
  const error = await bounded(caught(() => step))
  expect(error).toBeInstanceOf(DeviceLostError)
  expect(error.message).toMatch(/lost \(unknown\): the driver has gone/)
  expect(lifetime.lost).toBe(error)
})

test('a call that the device never answers ends with the loss', async () => {
  const { device, lose } = deviceToLose()
  const lifetime = createLifetime(device, { owned: false })
  const step = lifetime.run(() => new Promise(() => {}))
  later(lose)
  expect(await bounded(caught(() => step))).toBeInstanceOf(DeviceLostError)
  expect(await bounded(caught(() => lifetime.run(async () => 'never run')))).toBeInstanceOf(DeviceLostError)
})

test('a call that fails without a loss rejects with its own error', async () => {
  const { device } = deviceToLose()
  const lifetime = createLifetime(device, { owned: false })
  const own = new Error('of the call')
  const failed = lifetime.run(async () => {
    throw own
  })
  expect(await bounded(caught(() => failed))).toBe(own)
  expect(lifetime.lost).toBeUndefined()
  expect(await lifetime.run(async () => 'the next')).toBe('the next')
})

test.each([true, false])('the end rejects what is pending with its reason; owned %s', async (owned) => {
  const { device, destroyed } = deviceToLose()
  const reported: unknown[] = []
  const lifetime = createLifetime(device, { owned, onLost: (loss) => reported.push(loss) })
  const pending = lifetime.run(() => new Promise(() => {}))
  const reason = new Error('enough')
  lifetime.end(reason)
  expect(await bounded(caught(() => pending))).toBe(reason)
  expect(await bounded(caught(() => lifetime.run(async () => 1)))).toBe(reason)
  expect(destroyed()).toBe(owned ? 1 : 0)
  expect(reported, 'its own destruction is no loss').toEqual([])
})

test('a call can see that it is no longer wanted', async () => {
  const lifetime = createLifetime(deviceToLose().device, { owned: false })
  let check = () => {}
  const pending = lifetime.run((_, given) => {
    check = given
    return new Promise(() => {})
  })
  expect(check).not.toThrow()
  const reason = new Error('enough')
  lifetime.end(reason)
  await caught(() => pending)
  expect(check).toThrow(reason)
})

test('engines and errors leave no listener on a device that outlives them', async () => {
  const { device } = deviceToLose()
  const then = vi.spyOn(device.lost, 'then')
  for (let i = 0; i < 3; i++) {
    const lifetime = createLifetime(device, { owned: false })
    await caught(() => lifetime.run(() => Promise.reject(new Error('of the call'))))
    lifetime.end(new Error('enough'))
  }
  expect(then).toHaveBeenCalledTimes(1)
})

test('another device takes the place of a lost one when it is asked for, and its loss is reported as well', async () => {
  const [first, second] = [deviceToLose(), deviceToLose()]
  const reported: DeviceLostError[] = []
  let requests = 0
  const lifetime = createLifetime(first.device, {
    owned: true,
    onLost: (loss) => reported.push(loss),
    request: async () => {
      requests++
      return second.device
    },
  })
  lifetime.replace()
  expect(requests, 'while the first is good').toBe(0)
  first.lose()
  await first.device.lost
  lifetime.replace()
  await Promise.resolve()
  expect([requests, lifetime.device, lifetime.lost]).toEqual([1, second.device, undefined])
  expect(await lifetime.run(async (device) => device)).toBe(second.device)
  second.lose()
  expect(await bounded(caught(() => lifetime.run(() => new Promise(() => {}))))).toBeInstanceOf(
    DeviceLostError,
  )
  expect(reported).toHaveLength(2)
})
