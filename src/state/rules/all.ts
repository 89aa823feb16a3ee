/** Every rule there is: a file of rules is a line here. */
import type { Rule, RuleSet } from '../rule.ts';
import { arpRules } from './arp.ts';
import { backupRules } from './backups.ts';
import { diskRules } from './disk.ts';
import { expectedRules } from './expected.ts';
import { igmpRules } from './igmp.ts';
import { flowRules } from './ipvs-flow.ts';
import { loadRules } from './ipvs-load.ts';
import { syncMasterRules } from './ipvs-masters.ts';
import { syncPacketRules } from './ipvs-packet.ts';
import { persistenceRules } from './ipvs-persistence.ts';
import { realServerRules } from './ipvs-real-servers.ts';
import { syncSenderRules } from './ipvs-senders.ts';
import { sessionRules } from './ipvs-sessions.ts';
import { tableRules } from './ipvs-table.ts';
import { vipRules } from './ipvs-vips.ts';
import { wireRules } from './ipvs-wire.ts';
import { querierRules } from './queriers.ts';
import { sniffRules } from './sniff.ts';
import { clusterRules } from './vrrp-clusters.ts';
import { vrrpFrameRules } from './vrrp-frames.ts';
import { masterRules } from './vrrp-masters.ts';
import { vrrpPacketRules } from './vrrp-packet.ts';
import { priorityRules } from './vrrp-priorities.ts';
import { securityRules } from './vrrp-security.ts';
import { senderRules } from './vrrp-senders.ts';
import { syncGroupRules } from './vrrp-sync-groups.ts';
import { timingRules } from './vrrp-timing.ts';

export const RULE_SETS: readonly RuleSet[] = [
  arpRules,
  backupRules,
  diskRules,
  expectedRules,
  igmpRules,
  flowRules,
  loadRules,
  syncMasterRules,
  syncPacketRules,
  persistenceRules,
  realServerRules,
  syncSenderRules,
  sessionRules,
  tableRules,
  vipRules,
  wireRules,
  querierRules,
  sniffRules,
  clusterRules,
  vrrpFrameRules,
  masterRules,
  vrrpPacketRules,
  priorityRules,
  securityRules,
  senderRules,
  syncGroupRules,
  timingRules,
];

export const RULES: readonly Rule[] = RULE_SETS.flatMap(({ rules }) => rules);
