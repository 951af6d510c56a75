/** What `npm run mutate` runs after each change of the source: the unit tests, until one of them fails. */

import { relative } from 'node:path'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import config from './vitest.config.ts'

/** The file that noticed the last change first, because the next change is beside it; then the shortest files. */
class LikelyFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = ({ project, moduleId }: TestSpecification) => {
      const key = `${project.name}:${relative(this.ctx.config.root, moduleId)}`
      const last = this.ctx.cache.getFileTestResults(key)
      return last?.failed ? -1 : (last?.duration ?? 0)
    }
    return files.toSorted((a, b) => cost(a) - cost(b))
  }
}

/** Random and training tests take most of the time, and repeat what others look at closely; these test other code. */
const LEFT_OUT = [
  'agreement',
  'wrong-values',
  'onnx-bytes',
  'onnx-size',
  'tfjs-training',
  'bench-*',
  'compare',
  'corpus',
  'digits-forward',
  'docs',
  'experiments',
  'judge',
  'learn',
  'learn-train',
  'mask-stream',
  'readme',
  'verdict',
  'workflows',
]

const projects = config.test?.projects
  ?.filter((project) => typeof project === 'object' && 'test' in project && project.test?.name === 'unit')
  .map((unit) => ({
    ...(unit as TestProjectInlineConfiguration),
    test: {
      ...(unit as TestProjectInlineConfiguration).test,
      exclude: LEFT_OUT.map((name) => `**/${name}.test.ts`),
    },
  }))

export default defineConfig({
  ...config,
  test: { ...config.test, projects, isolate: false, sequence: { sequencer: LikelyFirst } },
})
