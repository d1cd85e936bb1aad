import type { Requested } from '../../resources.ts'
import { relaxationNote, requestedScopes } from '../../pages/consent.ts'
import { html } from '../../pages/html.ts'
import { page } from '../../pages/layout.ts'

interface Place {
  readonly path: string
  /** Of the session: a form without it is refused. */
  readonly xsrf: string
  /** As the device shows it, or what is known of it. */
  readonly code: string
}

/** RFC 8628 §3.3: where the end-user enters the code. */
export const userCodePage = ({
  path,
  xsrf,
  code,
  message,
}: Place & { readonly message: string | undefined }): string =>
  page(
    'Connect a device',
    html`<p>Enter the code that your device shows.</p>
      ${message === undefined ? [] : html`<p role="alert" id="message">${message}</p>`}
      <form method="post" action="${path}" id="user-code-form">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        <label for="user_code">Code</label>
        <input
          id="user_code"
          name="user_code"
          value="${code}"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck="false"
          required
          autofocus
        />
        <button type="submit" id="user-code-submit">Continue</button>
      </form>`,
  )

interface Confirm extends Place {
  readonly client: string
  readonly request: Requested
  readonly relaxation: string | undefined
}

/** RFC 8628 §5.4: whoever was sent here by somebody else's device shall notice. */
export const deviceConfirmPage = ({
  path,
  xsrf,
  code,
  client,
  request,
  relaxation,
}: Confirm): string =>
  page(
    'Is this your device?',
    html`<p><strong>${client}</strong> shows the code</p>
      <p class="code"><code id="shown-code">${code}</code></p>
      <p>and asks for:</p>
      ${relaxationNote(relaxation)} ${requestedScopes(request)}
      <p>If the device is not in front of you, or shows another code, cancel.</p>
      <form method="post" action="${path}" id="device-form">
        <input type="hidden" name="xsrf" value="${xsrf}" />
        <input type="hidden" name="user_code" value="${code}" />
        <button type="submit" id="device-confirm" name="confirm" value="yes">Continue</button>
        <button type="submit" id="device-abort" name="abort" value="yes" class="quiet">
          Cancel
        </button>
      </form>`,
  )

export const deviceDonePage = (): string =>
  page(
    'Device connected',
    html`<p role="status" id="device-done">Done. You can go back to your device.</p>`,
  )
