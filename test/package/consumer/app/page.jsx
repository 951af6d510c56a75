import { bits } from '../bits.mjs'
import { InBrowser } from './in-browser.jsx'

export default async function Page() {
  return (
    <>
      <output>{await bits()}</output>
      <InBrowser />
    </>
  )
}
