/** Something that is kept between requests, as metrics know it. */
export interface Cache {
  readonly name: CacheName
  /** The issuer or the URI that it is of, where it is of one. */
  readonly of?: string
  /** Asked when metrics are read, never at a request. */
  readonly figures: () => CacheFigures
}

type CacheName =
  | 'credentials'
  | 'proof keys'
  | 'tokens'
  | 'introspection'
  | 'issuer keys'
  | 'status list'
  | 'forwarded certificates'

export interface CacheFigures {
  /** Of a status list: the tokens that it has room for. */
  readonly entries: number
  /** How often what was looked for was there, and how often not. */
  readonly hits: number
  readonly misses: number
  /** Milliseconds since the issuer last confirmed it; absent where nothing is fetched, or not yet. */
  readonly age?: number
}
