/** Every rule there is: a file of rules is a line here. */
import type { Rule, RuleSet } from '../rule.ts';
import { backupRules } from './backups.ts';
import { expectedRules } from './expected.ts';
import { igmpRules } from './igmp.ts';
import { packetRules } from './packet.ts';
import { querierRules } from './queriers.ts';

export const RULE_SETS: readonly RuleSet[] = [backupRules, expectedRules, igmpRules, packetRules, querierRules];

export const RULES: readonly Rule[] = RULE_SETS.flatMap(({ rules }) => rules);
