import { Router } from '@koa/router'
import type { Records } from '@holdfast/store'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'
import type { Client, Interaction, InteractionResults, Provider } from 'oidc-provider'
import { PASSWORD, SECOND_FACTOR } from '../extensions/step-up/authentication.ts'
import type { Configuration } from '../configuration/configuration.ts'
import { interactionPath } from '../vocabulary/endpoints.ts'
import { nameOf } from '../clients/client-metadata.ts'
import { readForm, refuseForeignForm, seeOther } from '../http/form.ts'
import { logIn } from './login.ts'
import { loginOf } from './users.ts'
import type { AuthenticationLimits } from '../operations/limits.ts'
import { note } from '../operations/notes.ts'
import { consentPage } from '../pages/consent.ts'
import { show } from '../pages/layout.ts'
import { loginPage } from '../pages/login.ts'
import { secondFactorPage } from '../extensions/step-up/page.ts'
import { relaxationOf } from '../profiles/profiles.ts'
import { grantWhat, Resources } from '../resources.ts'
import { seconds } from '../vocabulary/time.ts'

interface Asked {
  readonly interaction: Interaction
  readonly client: Client
  readonly path: string
}

interface Foundations {
  readonly records: Records
  readonly configuration: Configuration
  readonly limits: AuthenticationLimits
}

/**
 * The pages on which end-users log in and decide. A POST from another site carries no interaction
 * cookie (SameSite=Lax), and without it there is no interaction: that is the protection from CSRF.
 * From another port of this host it would; browsers say so in Sec-Fetch-Site.
 */
export class Interactions {
  readonly #provider: Provider
  readonly #records: Records
  readonly #resources: Resources
  readonly #limits: AuthenticationLimits

  constructor(provider: Provider, { records, configuration, limits }: Foundations) {
    this.#provider = provider
    this.#records = records
    this.#limits = limits
    this.#resources = new Resources(configuration)
  }

  routes() {
    const router = new Router()
    const path = interactionPath(':uid')
    const form = (name: string, take: (ctx: Context, asked: Asked) => Promise<void>) =>
      router.post(`${path}/${name}`, async (ctx) => take(ctx, await this.#asked(ctx)))
    router.get(path, async (ctx) => this.#show(ctx, await this.#asked(ctx)))
    form('login', (ctx, asked) => this.#login(ctx, asked))
    form('second-factor', (ctx, asked) => this.#secondFactor(ctx, asked))
    form('consent', (ctx, asked) => this.#consent(ctx, asked))
    form('abort', (ctx, asked) => this.#abort(ctx, asked))
    return router.routes()
  }

  /**
   * @throws errors.SessionNotFound unless the browser holds the cookie of this interaction
   * @throws errors.InvalidRequest for a form that another page has sent
   */
  async #asked(ctx: Context): Promise<Asked> {
    refuseForeignForm(ctx)
    const interaction = await this.#provider.interactionDetails(ctx.req, ctx.res)
    const client = await this.#provider.Client.find(String(interaction.params['client_id']))
    if (interaction.uid !== ctx['params'].uid || !client)
      throw new errors.SessionNotFound('this is not the page of your authorization request')
    // RFC6749-3.1.2.3: the library compares when the request is opened, and no more.
    const { redirect_uri: uri } = interaction.params
    if (typeof uri === 'string' && !client.redirectUriAllowed(uri))
      throw new errors.InvalidRedirectUri()
    note(ctx, { client: client.clientId })
    return { interaction, client, path: interactionPath(interaction.uid) }
  }

  async #show(ctx: Context, { interaction, client, path }: Asked): Promise<void> {
    const name = nameOf(client)
    if (interaction.prompt.name === 'login') {
      const { login_hint: hint } = interaction.params
      show(ctx, loginPage({ path, client: name, login: typeof hint === 'string' ? hint : '' }))
    } else if (interaction.prompt.name === 'second_factor') {
      show(ctx, secondFactorPage({ path, client: name }))
    } else {
      const request = this.#resources.requested(interaction.params, client)
      const relaxation = relaxationOf(client['profile'])
      const user = await loginOf(this.#records, interaction.session?.accountId ?? '')
      show(ctx, consentPage({ path, client: name, user, request, relaxation }))
    }
  }

  async #login(ctx: Context, asked: Asked): Promise<void> {
    if (asked.interaction.prompt.name !== 'login') return seeOther(ctx, asked.path)
    const form = await readForm(ctx)
    const login = form.get('login') ?? ''
    const sub = await logIn(ctx, form, { records: this.#records, limits: this.#limits })
    if (sub !== undefined) {
      const how = { acr: PASSWORD, amr: ['pwd'], ts: seconds() }
      return this.#finish(ctx, { login: { accountId: sub, ...how } })
    }
    const client = nameOf(asked.client)
    const message = 'Login or password is wrong.'
    show(ctx, loginPage({ path: asked.path, client, login, message }))
  }

  /** Somebody pressed a button: what that is worth, the configuration has said. */
  async #secondFactor(ctx: Context, { interaction, path }: Asked): Promise<void> {
    const { name, details } = interaction.prompt
    const accountId = interaction.session?.accountId
    if (name !== 'second_factor' || accountId === undefined) return seeOther(ctx, path)
    note(ctx, { subject: accountId })
    const how = {
      acr: SECOND_FACTOR,
      amr: ['pwd', 'user', 'mfa'],
      ts: Number(details['auth_time']),
    }
    await this.#finish(ctx, { login: { accountId, ...how } })
  }

  async #consent(ctx: Context, { interaction, client, path }: Asked): Promise<void> {
    const accountId = interaction.session?.accountId
    if (interaction.prompt.name !== 'consent' || accountId === undefined) return seeOther(ctx, path)
    note(ctx, { subject: accountId })
    const { Grant } = this.#provider
    const known = interaction.grantId ? await Grant.find(interaction.grantId) : undefined
    const grant = known ?? new Grant({ accountId, clientId: client.clientId })
    // Exactly what the page showed.
    grantWhat(this.#resources.requested(interaction.params, client), grant)
    await this.#finish(ctx, { consent: { grantId: await grant.save() } })
  }

  async #abort(ctx: Context, { interaction }: Asked): Promise<void> {
    const [error, reason] = ['access_denied', 'the end-user refused']
    note(ctx, { error, reason, ...subjectOf(interaction) })
    // RFC9126-7.3: what was refused is done with; where another browser was first, nothing is left of it.
    const { parJti }: { parJti?: unknown } = Object(interaction)
    if (typeof parJti === 'string')
      await this.#records.consume('PushedAuthorizationRequest', parJti)
    await this.#finish(ctx, { error, error_description: reason })
  }

  async #finish(ctx: Context, result: InteractionResults): Promise<void> {
    const returnTo = await this.#provider.interactionResult(ctx.req, ctx.res, result)
    seeOther(ctx, returnTo)
  }
}

const subjectOf = ({ session }: Interaction) =>
  session?.accountId === undefined ? {} : { subject: session.accountId }
