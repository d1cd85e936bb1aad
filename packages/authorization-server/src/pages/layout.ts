import { hash } from 'node:crypto'
import type { Context } from 'koa'
import { contentSecurityPolicy } from '../http/security-headers.ts'
import { html, Markup } from './html.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --ground: #f4f5f7; --sheet: #fff; --line: #c9ced6; --field: #7d8590; --soft: #59616b; --accent: #0b5bd3; --on-accent: #fff; --alarm: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --ground: #14171b; --sheet: #1d2126; --line: #444b55; --field: #7d8793; --soft: #a3abb5; --accent: #7ab0ff; --on-accent: #0b1a30; --alarm: #ff9d94 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 28rem; padding: clamp(1.25rem, 5vw, 2rem); background: var(--sheet); border: 1px solid var(--line); border-radius: .5rem }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance }
h2 { margin: 0; font-size: 1.1rem }
p, ul { margin: .75rem 0 }
ul { padding-left: 1.25rem }
a { color: var(--accent) }
label { display: block; margin-top: 1rem; font-weight: 600 }
input { width: 100%; margin-top: .25rem; padding: .6rem; font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--field); border-radius: .3rem }
button { width: 100%; margin-top: 1rem; padding: .7rem; font: inherit; font-weight: 600; border: 1px solid var(--accent); border-radius: .3rem; background: var(--accent); color: var(--on-accent); cursor: pointer }
button:hover { filter: brightness(1.08) }
button.quiet { background: none; color: var(--accent) }
form + .note { margin-top: 1rem }
.entry { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
#sign-out { margin-top: 2.5rem }
.code { font-size: 1.75rem; letter-spacing: .1em; text-align: center }
#user_code { font-family: ui-monospace, monospace; letter-spacing: .1em; text-transform: uppercase }
.note { margin: .5rem 0; color: var(--soft) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
code, .detail { overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem }
dd { margin: 0; font-weight: 600 }
[role=alert], [role=status] { padding: .6rem .8rem; border-left: .25rem solid; background: var(--ground); font-weight: 600 }
[role=alert] { color: var(--alarm) }
[role=alert]::first-letter { text-transform: uppercase }
`

const SHEET = new Markup(`<style>${STYLE}</style>`)

/** Nothing is loaded; the one stylesheet is named by its hash. */
const POLICY = contentSecurityPolicy(`style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`)

export const page = (title: string, content: Markup): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Holdfast</title>
        ${SHEET}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`.text

/** Sends a page: never cached. */
export function show(ctx: Context, text: string): void {
  ctx.set('Content-Security-Policy', POLICY)
  ctx.set('Cache-Control', 'no-store')
  ctx.type = 'html'
  ctx.body = text
}
