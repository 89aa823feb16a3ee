/** What status tells of the database that follows the state. */
import { type Static, Type } from 'typebox';
import { Nullable } from './scalars.ts';

export const StoreStatusSchema = Type.Object({
  lagSeconds: Nullable(Type.Number({ description: 'how far the file is behind; null before the first write' })),
  octets: Type.Integer(),
  writeErrors: Type.Integer({ description: 'batches that could not be written at once' }),
  lostEvents: Type.Integer({ description: 'given up because the file could not be written for too long' }),
  lastError: Nullable(Type.String({ description: 'why the latest batch could not be written; null when it was' })),
});
export type StoreNumbers = Static<typeof StoreStatusSchema>;

export function storeStatusOf({ lagSeconds, octets, writeErrors, lostEvents, lastError }: StoreNumbers): StoreNumbers {
  return { lagSeconds, octets, writeErrors, lostEvents, lastError };
}
