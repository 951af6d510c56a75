/** The ways in which users bring their own picture: chosen, dropped anywhere on the page, or pasted. */

/** Calls `take` with each file that arrives. While one hangs over the page, <body data-drag> says so. */
export function receivePictures(picker: HTMLInputElement, take: (file: File) => void): void {
  picker.addEventListener('change', () => {
    const file = picker.files?.[0]
    picker.value = '' // so that the same file can be chosen again
    if (file) take(file)
  })
  window.addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0]
    if (file) take(file)
  })
  const isFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
  window.addEventListener('dragover', (event) => {
    if (!isFile(event)) return // text dragged into a field is left to the browser
    event.preventDefault()
    document.body.dataset.drag = ''
  })
  window.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) delete document.body.dataset.drag // it left the window, not just an element
  })
  window.addEventListener('drop', (event) => {
    delete document.body.dataset.drag
    if (!isFile(event)) return
    event.preventDefault() // or the browser would leave the page for the picture
    const file = event.dataTransfer?.files[0]
    if (file) take(file)
  })
}
