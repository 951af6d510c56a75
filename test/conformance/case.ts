/** What every file of cases here gives: plain functions of a device, which know no test runner and no runtime. */

import { type Buffers, buffersOn } from '../support/buffers'

export interface Case {
  group: string
  name: string
  /** Throws where a device does not do what the contract says. */
  run(gpu: Buffers): Promise<void>
}

export interface Outcome {
  group: string
  name: string
  /** Undefined where the case has passed. */
  error: string | undefined
}

/** Only ends a case that hangs: on a busy machine a software driver may be many times slower. */
const LIMIT_MS = 10 * 60_000
const SCOPES: readonly GPUErrorFilter[] = ['internal', 'out-of-memory', 'validation']

/** Runs a case inside error scopes of all three kinds and destroys the buffers it made. */
export async function runCase(device: GPUDevice, { group, name, run }: Case): Promise<Outcome> {
  const errors: string[] = []
  const made: GPUBuffer[] = []
  const buffers = buffersOn(() => device)
  const gpu: Buffers = {
    ...buffers,
    device,
    buffer(contents, usage) {
      const buffer = buffers.buffer(contents, usage)
      made.push(buffer)
      return buffer
    },
  }
  for (const scope of SCOPES) device.pushErrorScope(scope)
  try {
    await bounded(run(gpu))
  } catch (error) {
    errors.push(messageOf(error))
  }
  for (const buffer of made) buffer.destroy()
  for (const scope of SCOPES.toReversed()) {
    const error = await device.popErrorScope()
    if (error) errors.push(`${scope}: ${error.message}`)
  }
  return { group, name, error: errors.length > 0 ? errors.join('\n') : undefined }
}

async function bounded(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${LIMIT_MS / 1000} s`)), LIMIT_MS)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Tries all, so that a message shows every way that fails; at once, because some runtimes wait long for each read-back. */
export async function each<T>(items: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(items.map(check))
  const messages = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? messageOf(outcome.reason) : [],
  )
  if (messages.length > 0) throw new Error(messages.join('\n'))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
