// An error that a person should read without a stack trace.

export class CliError extends Error {
  /** 1 the thing checked is wrong, 2 wrong usage, 3 environment. */
  readonly exitCode: 1 | 2 | 3;
  constructor(exitCode: 1 | 2 | 3, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
