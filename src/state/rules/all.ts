/** Every rule there is: a file of rules is a line here. */
import type { Rule, RuleSet } from '../rule.ts';
import { expectedRules } from './expected.ts';
import { packetRules } from './packet.ts';

export const RULE_SETS: readonly RuleSet[] = [expectedRules, packetRules];

export const RULES: readonly Rule[] = RULE_SETS.flatMap(({ rules }) => rules);
