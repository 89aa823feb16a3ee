/** What is asked of another moment, and what comes back: any answer of the API, made from the state as it was. */

export interface PastRequest {
  /** Path and query, without `at`. */
  readonly url: string;
  /** What decides the answer besides: `accept`, `if-none-match`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface PastAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Past {
  /**
   * @param signal aborted when the answer is not wanted any more
   * @throws Refusal when that moment is not kept, or too many ask
   */
  answer(atMicros: number, request: PastRequest, signal: AbortSignal): Promise<PastAnswer>;
}
