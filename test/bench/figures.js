/** What a bench says: one line a figure, with its bar and whether it was met. */

export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
}

export const median = (numbers) => quantile(numbers, 0.5);

/** @param {{ json: boolean }} options `json`: nothing is printed but all of it, by `end` */
export function createFigures({ json }) {
  const results = [];
  return {
    /** @param bar most, or least with `atLeast`; null: told only */
    tell(name, value, unit, bar = null, { atLeast = false } = {}) {
      const ok = bar === null ? null : atLeast ? value >= bar : value <= bar;
      results.push({ name, value: Math.round(value * 1000) / 1000, unit, bar, ok });
      if (json) return;
      const verdict = ok === null ? '' : `  bar ${atLeast ? '>=' : '<='} ${bar} ${unit}  ${ok ? 'ok' : 'MISSED'}`;
      console.log(`${name.padEnd(66)} ${value.toFixed(value < 100 ? 2 : 0).padStart(9)} ${unit.padEnd(7)}${verdict}`);
    },
    /** @returns how many bars were missed */
    end() {
      if (json) console.log(JSON.stringify(results, null, 2));
      return results.filter(({ ok }) => ok === false).length;
    },
  };
}
