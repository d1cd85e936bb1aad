import { abortForm } from '../../pages/abort.ts'
import { html } from '../../pages/html.ts'
import { page } from '../../pages/layout.ts'

interface SecondFactor {
  /** Path of the interaction. */
  readonly path: string
  readonly client: string
}

/** The laboratory's second factor, which is none, and says so. */
export const secondFactorPage = ({ path, client }: SecondFactor): string =>
  page(
    'Second factor',
    html`<p><strong>${client}</strong> wants to be surer that it is you.</p>
      <p role="alert" id="laboratory">
        This is a laboratory. Elsewhere you would now touch a key or type a code from your phone;
        here pressing the button counts as that.
      </p>
      <form method="post" action="${path}/second-factor">
        <button type="submit" id="second-factor-submit">It is me</button>
      </form>
      ${abortForm(path)}`,
  )
