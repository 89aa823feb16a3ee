/** Every rule there is: a file of rules is a line here. */
import type { Rule, RuleSet } from '../rule.ts';
import { packetRules } from './packet.ts';

export const RULE_SETS: readonly RuleSet[] = [packetRules];

export const RULES: readonly Rule[] = RULE_SETS.flatMap(({ rules }) => rules);
