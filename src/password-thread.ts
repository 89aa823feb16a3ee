/** The thread that checks passwords, one after the other. */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

export interface PasswordQuestion {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

export interface PasswordAnswer {
  readonly id: number;
  readonly isRight: boolean;
}

parentPort?.on('message', ({ id, password, hash }: PasswordQuestion) => {
  const answer: PasswordAnswer = { id, isRight: compareSync(password, hash) };
  parentPort?.postMessage(answer);
});
