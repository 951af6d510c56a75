/**
 * The native mask stream, version 1: a pure function of seed, stream, step and cell, and part of the public contract.
 * One call of the generator gives one bit plane of 128 cells. Counter: (group, plane, step). Key: (seed, stream,
 * version).
 */

import { invertedScale } from '../../scale.js'
import type { Generator } from '../generator.js'
import { nextNativeStep, readNativeDraw } from './draw.js'
import { nativeKeepRule } from './keep-rule.js'

export const native1: Generator = {
  name: 'native-1',
  readDraw: readNativeDraw,
  nextStep: nextNativeStep,
  keepRule: nativeKeepRule,
  scale: invertedScale,
}
