/** Every rule there is: a file of rules is a line here. */
import type { Rule, RuleSet } from '../rule.ts';
import { arpRules } from './arp.ts';
import { backupRules } from './backups.ts';
import { expectedRules } from './expected.ts';
import { igmpRules } from './igmp.ts';
import { syncPacketRules } from './ipvs-packet.ts';
import { packetRules } from './packet.ts';
import { querierRules } from './queriers.ts';
import { sniffRules } from './sniff.ts';
import { clusterRules } from './vrrp-clusters.ts';
import { masterRules } from './vrrp-masters.ts';
import { priorityRules } from './vrrp-priorities.ts';
import { syncGroupRules } from './vrrp-sync-groups.ts';
import { timingRules } from './vrrp-timing.ts';

export const RULE_SETS: readonly RuleSet[] = [
  arpRules,
  backupRules,
  expectedRules,
  igmpRules,
  syncPacketRules,
  packetRules,
  querierRules,
  sniffRules,
  clusterRules,
  masterRules,
  priorityRules,
  syncGroupRules,
  timingRules,
];

export const RULES: readonly Rule[] = RULE_SETS.flatMap(({ rules }) => rules);
