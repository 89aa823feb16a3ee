/** All that the doctor can say, in the order in which it says it. */
import { CAPTURE_KINDS } from './capture.ts';
import { DATA_KINDS } from './data.ts';
import type { Kind } from './finding.ts';
import { GROUP_KINDS } from './groups.ts';
import { INTERFACE_KINDS } from './interfaces.ts';
import { JOIN_KINDS } from './joins.ts';
import { RIGHTS_KINDS } from './rights.ts';
import { SYNC_KINDS } from './sync.ts';
import { WIRE_KINDS } from './wire.ts';

export const DOCTOR_KINDS: readonly Kind[] = [
  ...RIGHTS_KINDS,
  ...INTERFACE_KINDS,
  ...DATA_KINDS,
  ...JOIN_KINDS,
  ...CAPTURE_KINDS,
  ...SYNC_KINDS,
  ...WIRE_KINDS,
  ...GROUP_KINDS,
];
