/** bcrypt in a thread of its own: a check takes a tenth of a second, which the thread that reads frames does not have. */
import { createAskedThread } from './asked-thread.ts';
import type { PasswordQuestion } from './password-thread.ts';

export interface Passwords {
  /** Whether the bcrypt hash is one of the password. */
  verify(password: string, hash: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The thread starts with the first question. Bounding how many wait is the asker's business. */
export function createPasswords(): Passwords {
  const thread = createAskedThread<PasswordQuestion, boolean>(new URL('./password-thread.js', import.meta.url));
  return { verify: (password, hash) => thread.ask({ password, hash }), close: thread.end };
}
