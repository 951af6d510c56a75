import { describe } from 'vitest'
import { allBackends } from '../support/backends-webgpu'
import { useGpu } from '../support/gpu'
import { knownAnswers } from '../support/suites/known-answers'

describe.each(allBackends(useGpu()))('$name', knownAnswers)
