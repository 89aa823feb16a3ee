/** Exit codes that scripts lean on (README, "Exit codes"). */
export const EXIT = { done: 0, fault: 1, usage: 2, noPermission: 3, notFound: 4, cut: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A mistake or a circumstance that the operator can do something about: one sentence, one hint, an exit code; never a stack trace. */
export class OperatorError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string;

  constructor(exitCode: ExitCode, message: string, hint: string) {
    super(message);
    this.name = 'OperatorError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
