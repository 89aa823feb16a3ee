/** Filters that were used last, the latest first, kept in this browser. */

const KEY = 'lvscope-filters';
const MOST = 10;

/** What is kept is no more than what a browser holds for us: anybody may have changed it. */
export function recentFilters(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((text): text is string => typeof text === 'string').slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function keepFilter(text: string): void {
  if (text === '') return;
  const others = recentFilters().filter((kept) => kept !== text);
  window.localStorage.setItem(KEY, JSON.stringify([text, ...others].slice(0, MOST)));
}
