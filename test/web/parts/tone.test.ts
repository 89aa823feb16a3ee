import { expect, test } from 'vitest';
import { toneOf } from '../../../web/parts/tone.ts';

// The state names are the kernel's: ip_vs_proto_tcp.c, ip_vs_proto_udp.c, ip_vs_proto_sctp.c, ip_vs_conn.c.
test.each([
  ['up', ['ESTABLISHED', 'UDP', 'ASSURED']],
  ['opening', ['SYN_SENT', 'SYN_RECV', 'SYNACK', 'INIT1', 'INIT', 'COOKIE', 'C-SENT', 'C-ECHOED']],
  ['closing', ['FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'S-SENT', 'S-ACK-SENT', 'CLOSED']],
  ['plain', ['NONE', 'LISTEN']],
  ['bad', ['ERR!', 'REJECTED']],
])('%s: %j', (tone, states) => {
  for (const state of states) expect([state, toneOf(state)]).toEqual([state, tone]);
});
