/** How a severity is marked: shape and word tell it; colour only repeats it. */
export const SEVERITY_ICONS = { info: '●', warning: '▲', critical: '■' } as const;
export const SEVERITY_TONES = { info: 'plain', warning: 'opening', critical: 'bad' } as const;
