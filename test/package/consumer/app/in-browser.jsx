'use client'

import { useEffect } from 'react'

export function InBrowser() {
  useEffect(() => void import('../main.mjs'), [])
  return null
}
