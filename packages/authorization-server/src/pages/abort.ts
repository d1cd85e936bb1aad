import { html } from './html.ts'
import type { Markup } from './html.ts'

/** A form of its own, so that it works where the fields of the other are empty. */
export const abortForm = (path: string): Markup =>
  html`<form method="post" action="${path}/abort">
    <button type="submit" id="abort" class="quiet">Cancel</button>
  </form>`
