/** The thread that checks passwords, one after the other. */
import { compareSync } from 'bcryptjs';
import { answerQuestions } from './asked-thread.ts';

export interface PasswordQuestion {
  readonly password: string;
  readonly hash: string;
}

answerQuestions<PasswordQuestion, boolean>(({ password, hash }) => compareSync(password, hash));
