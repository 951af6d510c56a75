import { describe } from 'vitest'
import { allBackends } from '../support/backends-webgpu'
import { useGpu } from '../support/gpu'
import { values } from '../support/suites/values'

describe.each(allBackends(useGpu()))('$name', values)
