/** A certificate and its key: the client's own, and that of the server at which it is told of logouts. */
export type Pair = 'certificate' | 'backchannel-logout'

export type MaterialFile =
  | 'client.json'
  | 'key.jwk.json'
  | `${Pair}.pem`
  | `${Pair}.key.pem`
  | 'trust.pem'

/** What a client was to be made from is not there, cannot be read, or contradicts itself. */
export class MaterialError extends Error {
  override readonly name = 'MaterialError'
  readonly code: 'MISSING' | 'MALFORMED' | 'INCONSISTENT'
  readonly file: MaterialFile
  /** The folder it was read from, if it came from one. */
  readonly folder: string | undefined
  /** What is wrong, without the name of the file. */
  readonly sentence: string

  // Four parameters, since the three things of an error and its place do not form a smaller whole.
  constructor(code: MaterialError['code'], file: MaterialFile, sentence: string, folder?: string) {
    super(`${folder === undefined ? '' : `${folder}/`}${file}: ${sentence}`)
    this.code = code
    this.file = file
    this.folder = folder
    this.sentence = sentence
  }
}
