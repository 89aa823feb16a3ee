/** The new sessions of the last hour, a part of the services at a time. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Service } from '../../src/contract/service.ts';
import type { ServiceHistory } from '../../src/contract/service-history.ts';
import { useAnswer } from '../data/use-answer.ts';
import type { PageState } from '../shell/page-state.ts';
import { type Part, partsOf, ratesOfServices, type ServiceRates } from './series.ts';

/** As long as a step of the history. */
const ROUND_MILLIS = 10_000;
/** Between the parts of the first round. */
const FIRST_MILLIS = 100;

const pathOf = ({ offset, limit }: Part): string => `/api/v1/service-history?offset=${offset}&limit=${limit}`;

/** By the id of the service; filled part by part. */
export function useHistories(page: PageState, services: readonly Service[]): ReadonlySignal<ReadonlyMap<string, ServiceRates>> {
  const rates = useSignal<ReadonlyMap<string, ServiceRates>>(new Map());
  const turn = useSignal(0);
  const at = page.moment.value;
  const parts = partsOf(services);
  const part: Part | undefined = parts[turn.value % parts.length];
  const isOne = parts.length === 1;
  const { body, fault } = useAnswer<{ items: ServiceHistory[] }>(page, part ? pathOf(part) : null, isOne ? ROUND_MILLIS : null);

  useEffect(() => {
    rates.value = new Map();
    turn.value = 0;
  }, [at]);

  useEffect(() => {
    if (body.value !== null) rates.value = new Map([...rates.peek(), ...ratesOfServices(body.value.items)]);
  }, [body.value]);

  const isFirstRound = turn.value < parts.length;
  const isAnswered = body.value !== null || fault.value !== null;
  // The past does not change, so that one round is enough.
  const rests = isOne || !isAnswered || page.paused.value || (at !== null && turn.value + 1 >= parts.length);
  useEffect(() => {
    if (rests) return;
    const timer = window.setTimeout(() => turn.value++, isFirstRound ? FIRST_MILLIS : ROUND_MILLIS / parts.length);
    return () => window.clearTimeout(timer);
  }, [rests, turn.value, isFirstRound, parts.length]);
  return rates;
}
