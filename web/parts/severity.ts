/** Severities: their order, and how each is marked: shape and word tell it; colour only repeats it. */

/** Least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

export const SEVERITY_ICONS = { info: '●', warning: '▲', critical: '■' } as const;
export const SEVERITY_TONES = { info: 'plain', warning: 'opening', critical: 'bad' } as const;
