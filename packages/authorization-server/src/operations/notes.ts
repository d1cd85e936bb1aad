import type { Context } from 'koa'

/** What whoever serves a request knows of it and the library does not. */
interface Note {
  readonly client?: string
  readonly subject?: string
  readonly grant?: string
  /** Refused, though the answer is a page like any other. */
  readonly error?: string
  readonly reason?: string
  readonly clause?: string
}

const notes = new WeakMap<Context, Note>()

/** Adds to what is known of this request; read when its outcome is told. */
export function note(ctx: Context, more: Note): void {
  notes.set(ctx, { ...noted(ctx), ...more })
}

export const noted = (ctx: Context): Note => notes.get(ctx) ?? {}
