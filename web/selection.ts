/** The selected cell of the connection table. It stays with its session while that moves through the table. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Connection } from '../src/contract/connection.ts';
import type { GridPlace } from './grid-keys.ts';

export interface Selection {
  /** Where the cell is now; null when none is selected or its session is gone. */
  readonly place: ReadonlySignal<GridPlace | null>;
  readonly connection: ReadonlySignal<Connection | null>;
  select(id: string, column: number): void;
  clear(): void;
}

export function createSelection(shown: ReadonlySignal<readonly Connection[]>): Selection {
  const selected = signal<{ readonly id: string; readonly column: number } | null>(null);
  const place = computed<GridPlace | null>(() => {
    if (selected.value === null) return null;
    const { id, column } = selected.value;
    const row = shown.value.findIndex((connection) => connection.id === id);
    return row < 0 ? null : { row, column };
  });
  return {
    place,
    connection: computed(() => place.value && shown.value[place.value.row]),
    select(id, column) {
      selected.value = { id, column };
    },
    clear() {
      selected.value = null;
    },
  };
}
