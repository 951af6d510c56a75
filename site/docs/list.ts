/** Brings the open page into the view of the list of pages, which scrolls by itself beside the text. */

import { element } from '../shared/elements.js'

const list = element('contents')
const current = list.querySelector<HTMLElement>('[aria-current]')
if (current) list.scrollTop = current.offsetTop - list.clientHeight / 3
