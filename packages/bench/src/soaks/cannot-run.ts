/** The soak needs something that this machine does not have. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}
