import { describe } from 'vitest'
import { allBackends } from '../support/backends-webgpu'
import { useGpu } from '../support/gpu'
import { streams } from '../support/suites/streams'

describe.each(allBackends(useGpu()))('$name', streams)
