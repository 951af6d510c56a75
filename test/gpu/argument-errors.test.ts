import { describe } from 'vitest'
import { allBackends } from '../support/backends-webgpu'
import { useGpu } from '../support/gpu'
import { argumentErrors } from '../support/suites/argument-errors'

describe.each(allBackends(useGpu()))('$name', argumentErrors)
