import { describe } from 'vitest'
import { allBackends } from '../support/backends-webgpu'
import { useGpu } from '../support/gpu'
import { layers } from '../support/suites/layers'

describe.each(allBackends(useGpu()))('$name', layers)
