// @ts-check
// A vitest reporter for scripts/test.mjs: says over the IPC channel that a test has ended, and at the end what came of all.

/**
 * @typedef {{ passed: number, failed: number, skipped: { name: string, reason: string }[], broken: string[] }} Report
 * @typedef {{ progress: true } | { report: Report }} Message
 */

/** @implements {Required<Pick<import('vitest/node').Reporter, 'onTestCaseResult' | 'onTestRunEnd'>>} */
export default class {
  onTestCaseResult() {
    send({ progress: true })
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest/node').SerializedError[]} errors of no file
   */
  onTestRunEnd(modules, errors) {
    /** @type {Report} */
    const report = { passed: 0, failed: 0, skipped: [], broken: [] }
    for (const module of modules) {
      const failedBefore = report.failed
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') report.passed++
        else if (result.state === 'skipped') {
          const reason = result.note ?? 'no reason given'
          report.skipped.push({ name: `${module.relativeModuleId}: ${test.name}`, reason })
        } else report.failed++ // failed, or never came to its end
      }
      // A file that does not load and a failing beforeAll or afterAll belong to no test.
      if (!module.ok() && report.failed === failedBefore) report.broken.push(module.relativeModuleId)
    }
    for (const { message } of errors) report.broken.push(message.split('\n')[0])
    send({ report })
  }
}

function send(/** @type {Message} */ message) {
  process.channel?.unref() // an open channel would keep the process alive
  process.send?.(message)
}
