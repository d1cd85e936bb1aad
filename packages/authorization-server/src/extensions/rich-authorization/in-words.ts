import type { Detail } from './authorization-details.ts'
import { html } from '../../pages/html.ts'
import type { Markup } from '../../pages/html.ts'

/** What an end-user would be allowing, as they would say it (RFC 9396 §3). */
export function detailInWords(detail: Detail): Markup {
  if (detail.type === 'account_information')
    return html`<p>to see these accounts of yours:</p>
      <ul class="detail">
        ${detail.accounts.map(({ iban }) => html`<li>${inGroups(iban)}</li>`)}
      </ul>`
  const { instructedAmount, creditorName, creditorAccount } = detail
  const reference = detail.remittanceInformationUnstructured
  return html`<p>to make one payment:</p>
    <dl class="detail">
      <dt>Amount</dt>
      <dd>${instructedAmount.amount} ${instructedAmount.currency}</dd>
      <dt>To</dt>
      <dd>${creditorName}</dd>
      <dt>Account</dt>
      <dd>${inGroups(creditorAccount.iban)}</dd>
      ${
        reference === undefined
          ? []
          : html`<dt>Reference</dt>
              <dd>${reference}</dd>`
      }
    </dl>`
}

/** An IBAN as people read it. */
const inGroups = (iban: string): string => iban.replaceAll(/(.{4})(?=.)/g, '$1 ')
