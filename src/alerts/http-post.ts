/**
 * JSON to an address of the administrator's own file. It goes there and nowhere else: redirects are not followed, the time is
 * bounded, and of the answer no more is read than is shown.
 */
import { DELIVERED, failed, networkError, type Outcome } from './target.ts';

const TIMEOUT_MS = 10_000;
const MOST_ANSWER = 200;
const LONGEST_WAIT_MS = 3_600_000;
const TOO_MANY = 429;
const TIMED_OUT = 408;

/** RFC 9110 section 10.2.3: seconds or a date. */
function retryAfter(text: string | null): number | null {
  if (text === null) return null;
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(0, waitMs), LONGEST_WAIT_MS);
}

/** The beginning of an answer, printable. */
async function answerText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const first = await reader?.read().catch(() => null);
  await reader?.cancel().catch(() => undefined);
  const text = new TextDecoder().decode(first?.value?.subarray(0, MOST_ANSWER) ?? new Uint8Array());
  return text.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
}

export async function postJson(url: string, body: string, headers: Readonly<Record<string, string>>, stop: AbortSignal): Promise<Outcome> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]);
  const all = { 'user-agent': 'lvscope', ...headers, 'content-type': 'application/json' };
  try {
    const response = await fetch(url, { method: 'POST', body, headers: all, redirect: 'manual', signal });
    const { status } = response;
    const said = await answerText(response);
    if (response.ok) return DELIVERED;
    if (status >= 300 && status < 400)
      return failed(`it answers ${status}, a redirect, which is not followed: name the address itself`, true);
    const isFinal = status >= 400 && status < 500 && status !== TIMED_OUT && status !== TOO_MANY;
    return failed(`it answers ${status}${said === '' ? '' : `: ${said}`}`, isFinal, retryAfter(response.headers.get('retry-after')));
  } catch (error) {
    return failed(networkError(error));
  }
}
