/** What lvscope knows but could not write down. Raised by whoever runs the store and the history, by these rules. */
import type { Rule, RuleSet } from '../rule.ts';

export const NOT_STORED: Rule = {
  kind: 'sniff.not_stored',
  severity: 'warning',
  rule: 'the database could not be written: disk full or read-only, file locked by another program, damaged, or removed',
  meaning: 'All goes on in memory and is served; were lvscope to end now, what changed since the last write would be lost.',
  advice: 'The text names the cause: make room, mount the disk writable, or end the other program. Writing resumes by itself.',
  needs: [],
  quietSeconds: 10,
};

export const NOT_KEPT: Rule = {
  kind: 'sniff.not_kept',
  severity: 'warning',
  rule: 'frames could not be added to the history: disk full, read-only or too slow, or its folder was removed',
  meaning: 'The table is right, but moments from then on cannot be made again (at=TIME), or lack sessions.',
  advice:
    'Make room in the data folder, or give the history less (history.mebibytes in the configuration file). Writing resumes by itself.',
  needs: [],
  quietSeconds: 30,
};

export const diskRules: RuleSet = { rules: [NOT_STORED, NOT_KEPT], check: () => ({}) };
