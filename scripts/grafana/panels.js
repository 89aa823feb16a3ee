/** Kinds of panels. */
import { DATASOURCE, GOOD } from './queries.js';

const thresholds = (steps) => ({ mode: 'absolute', steps: steps.map(([value, color]) => ({ value, color })) });
const mappings = (words) => [
  { type: 'value', options: Object.fromEntries(words.map(([value, text, color], index) => [value, { text, color, index }])) },
];
const targets = (queries, more = {}) =>
  queries.map(([expr, legendFormat], index) => ({
    datasource: DATASOURCE,
    editorMode: 'code',
    expr,
    legendFormat,
    refId: String.fromCharCode(65 + index),
    range: true,
    ...more,
  }));

/** A number as it is now. */
export const stat = (
  title,
  description,
  query,
  { unit = 'short', steps = [[null, GOOD]], width = 4, words = [], textMode = 'auto', noValue = '-' } = {},
) => ({
  title,
  description,
  type: 'stat',
  size: [width, 4],
  targets: targets([[query, '']], { range: false, instant: true }),
  fieldConfig: { defaults: { unit, thresholds: thresholds(steps), mappings: words.length ? mappings(words) : [], noValue }, overrides: [] },
  options: {
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    textMode,
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
});

/** Lines over time. `stacked` fills them on top of each other. */
export const graph = (
  title,
  description,
  queries,
  { unit = 'short', width = 12, stacked = false, steps = null, min = 0, bars = false } = {},
) => ({
  title,
  description,
  type: 'timeseries',
  size: [width, 8],
  targets: targets(queries),
  fieldConfig: {
    defaults: {
      unit,
      min,
      custom: {
        drawStyle: bars ? 'bars' : 'line',
        fillOpacity: stacked || bars ? 40 : 8,
        lineWidth: 1,
        showPoints: 'never',
        spanNulls: false,
        stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
        thresholdsStyle: { mode: steps ? 'line' : 'off' },
      },
      ...(steps ? { thresholds: thresholds(steps) } : {}),
    },
    overrides: [],
  },
  options: {
    legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['lastNotNull', 'max'] },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
});

/** Which state each was in. @param words value, text, colour */
export const timeline = (title, description, queries, words, { width = 24, height = 7 } = {}) => ({
  title,
  description,
  type: 'state-timeline',
  size: [width, height],
  targets: targets(queries),
  fieldConfig: {
    defaults: {
      custom: { fillOpacity: 80, lineWidth: 0 },
      color: { mode: 'thresholds' },
      mappings: mappings(words),
      thresholds: thresholds([[null, 'text']]),
    },
    overrides: [],
  },
  options: {
    alignValue: 'left',
    mergeValues: true,
    rowHeight: 0.85,
    showValue: 'auto',
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'single', sort: 'none' },
  },
});

/** Rows as they are now. @param renamed columns by label, in order; others are hidden */
export const table = (title, description, query, renamed, { unit = 'short', width = 12, links = [] } = {}) => ({
  title,
  description,
  type: 'table',
  size: [width, 8],
  targets: targets([[query, '']], { range: false, instant: true, format: 'table' }),
  fieldConfig: { defaults: { unit, custom: { align: 'auto' }, links }, overrides: [] },
  options: { showHeader: true, cellHeight: 'sm', sortBy: [{ displayName: Object.values(renamed).at(-1), desc: true }] },
  transformations: [
    {
      id: 'organize',
      options: {
        includeByName: Object.fromEntries(Object.keys(renamed).map((name) => [name, true])),
        indexByName: Object.fromEntries(Object.keys(renamed).map((name, index) => [name, index])),
        renameByName: renamed,
      },
    },
  ],
});
