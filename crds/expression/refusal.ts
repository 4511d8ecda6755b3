// Why an expression is refused: what is wrong, and at which character.

/** `message` names the position too; `position` is the 1-based character. */
export class Refusal extends Error {
  readonly position: number;

  constructor(what: string, at: { readonly position: number }) {
    super(`${what} at position ${at.position}`);
    this.position = at.position;
  }
}
