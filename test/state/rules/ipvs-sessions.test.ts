/** Sessions that do what sessions should not; and persistence. Flags and states: kernel include/uapi/linux/ip_vs.h, ip_vs_proto_tcp.c. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import type { RecordFields } from '../../sync-message.ts';
import { watch } from '../../watched.ts';
import { LB2 } from '../../wire-frames.ts';
import { type SendFields, send, syncKinds, times } from './ipvs-frames.ts';
import { expectReplays } from './replays.ts';

const INACTIVE = 0x183;
const SYNCED = 0x20;
const other: RecordFields = { destination: '10.0.1.2' };
const finWait: RecordFields = { flags: INACTIVE, state: 4, timeout: 120 };
const v0: SendFields = { version: 0 };

type Row = [string, Frame[], boolean];

function raises(kind: string, rows: readonly Row[]): void {
  test.each(rows)('%s', (_, frames, expected) => {
    expect(syncKinds(frames).includes(kind)).toBe(expected);
    if (expected) expectReplays(frames, kind);
  });
}

describe('ipvs.dest_change', () => {
  raises('ipvs.dest_change', [
    ['an active session gets another real server', [send(1), send(2, [other])], true],
    ['with sync version 0', [send(1, [{}], v0), send(2, [other], v0)], true],
    ['another port of the same one', [send(1), send(2, [{ destinationPort: 8443 }])], true],
    ['another session does', [send(1), send(2, [{ ...other, clientPort: 40_001 }])], false],
    // The client uses its port anew: the kernel chooses again (conn_reuse_mode).
    ['it had been closed', [send(1), send(2, [finWait]), send(3, [other])], false],
    // ip_vs_proc_conn: the last word on a session that was replaced.
    ['an inactive record names another', [send(1), send(2, [{ ...finWait, ...other }])], false],
    ['it had run out', [send(1, [{ timeout: 10 }]), send(12, [other])], false],
  ]);
});

describe('ipvs.timeout_odd', () => {
  const established = (count: number, timeout: number, from: number, fields: RecordFields = {}): Frame[] =>
    times(count, (i) => send(from + i / 10, [{ clientPort: 1000 + from * 100 + i, timeout, ...fields }]));
  raises('ipvs.timeout_odd', [
    ['three with 900 s, then 600 s', [...established(3, 900, 1), ...established(1, 600, 2)], true],
    ['two with 900 s', [...established(2, 900, 1), ...established(1, 600, 2)], false],
    ['all the same', established(9, 900, 1), false],
    ['another state has another', [...established(3, 900, 1), ...established(1, 120, 2, { flags: INACTIVE, state: 4 })], false],
    ['another sender has another', [...established(3, 900, 1), send(2, [{ clientPort: 9, timeout: 600 }], { from: LB2 })], false],
    ['what it learnt by sync', [...established(3, 900, 1), ...established(1, 600, 2, { flags: 0x83 | SYNCED })], false],
    // ip_vs_conn_expire: a controller that cannot end yet.
    ['60 s', [...established(3, 900, 1), ...established(1, 60, 2)], false],
    ['version 0 has none', [...times(3, (i) => send(1 + i, [{ clientPort: i + 1 }], v0)), send(5, [{ state: 1 }], v0)], false],
  ]);

  test('what comes three times is the usual one from then on', () => {
    const { anomalies } = watch([...established(3, 900, 1), ...established(9, 600, 2)]);
    expect(anomalies.find(({ kind }) => kind === 'ipvs.timeout_odd')).toMatchObject({ count: 3 });
  });
});

describe('ipvs.ghost_long', () => {
  raises('ipvs.ghost_long', [
    ['established, run out after 20 s, established again', [send(1, [{ timeout: 20 }]), send(30, [{ timeout: 20 }])], true],
    ['just in time', [send(1, [{ timeout: 20 }]), send(20.9, [{ timeout: 20 }])], false],
    ['with another real server', [send(1, [{ timeout: 20 }]), send(30, [other])], false],
    ['from another port', [send(1, [{ timeout: 20 }]), send(30, [{ clientPort: 40_001 }])], false],
    ['it was closed before', [send(1), send(2, [{ ...finWait, timeout: 5 }]), send(30)], false],
    ['it comes back to close', [send(1, [{ timeout: 20 }]), send(30, [finWait])], false],
    [
      'UDP',
      [send(1, [{ proto: 17, flags: INACTIVE, state: 0, timeout: 20 }]), send(30, [{ proto: 17, flags: INACTIVE, state: 0 }])],
      false,
    ],
    ['IPv6', [0, 1].map((i) => send(1 + i * 30, [{ client: 'fd99::7', virtual: 'fd99::1', destination: 'fd99::2', timeout: 20 }])), true],
  ]);
});

describe('ipvs.close_only', () => {
  const KIND = 'ipvs.close_only';
  /** New sessions, of which so many of 50 are first seen closing; then what makes the minute end. */
  const minute = (closing: number, from: number, all = 50): Frame[] => [
    ...times(all, (i) => send(from + i / 10, [{ clientPort: 1000 + from + i, ...(i < closing ? finWait : {}) }])),
    send(from + 62, [{}]),
  ];
  const rows: Row[] = [
    ['26 of 50', [send(1), ...minute(26, 130)], true],
    ['25 of 50', [send(1), ...minute(25, 130)], false],
    ['30 of 49 are too few to tell', [send(1), ...minute(30, 130, 49)], false],
    ['in the first two minutes', [send(1), ...minute(50, 30)], false],
  ];
  test.each(rows)('%s', (_, frames, expected) => {
    expect(syncKinds(frames).includes(KIND)).toBe(expected);
  });

  test('it ends with a better minute', () => {
    const { anomalies } = watch([send(1), ...minute(40, 130), ...minute(5, 250)]);
    expect(anomalies.find(({ kind }) => kind === KIND)).toMatchObject({ check: 'clear', count: 1 });
  });
});

describe('persistence', () => {
  const template: RecordFields = { flags: 0x1003, state: 0, clientPort: 0, timeout: 300 };
  const mark: RecordFields = { ...template, proto: 0, virtual: '0.0.0.5', virtualPort: 0 };
  const at443: RecordFields = { fwmark: 5 };
  const ftp: RecordFields = { ...template, virtualPort: 0, destinationPort: 0 };
  const late = send(20, [{ clientPort: 1 }]);

  describe('ipvs.persist_break', () => {
    raises('ipvs.persist_break', [
      ['a template moves', [send(1, [template]), send(2, [{ ...template, ...other }])], true],
      ['it stays', [send(1, [template]), send(2, [template])], false],
      ['another client has another', [send(1, [template]), send(2, [{ ...template, ...other, client: '198.51.100.8' }])], false],
      ['it would have run out in 5 s', [send(1, [template]), send(296.1, [{ ...template, ...other }])], false],
      ['it would have lived 6 s more', [send(1, [template]), send(295, [{ ...template, ...other }])], true],
      // The kernel invalidates a template so when its real server is gone (ip_vs_check_template).
      ['it is taken back: port 65535', [send(1, [template]), send(2, [{ ...template, destinationPort: 65_535 }])], false],
    ]);

    test('it is counted once for each move, not for each record', () => {
      const moved = { ...template, ...other };
      const { anomalies } = watch([send(1, [template]), send(2, [moved]), send(3, [moved]), send(4, [moved])]);
      expect(anomalies.find(({ kind }) => kind === 'ipvs.persist_break')).toMatchObject({ count: 1 });
    });
  });

  describe('ipvs.persist_bypass', () => {
    const rows: Row[] = [
      ['a new session goes elsewhere', [send(1, [template]), send(2, [other]), late], true],
      ['it goes where the template says', [send(1, [template]), send(2, [{}]), late], false],
      ['another client', [send(1, [template]), send(2, [{ ...other, client: '198.51.100.8' }]), late], false],
      ['another service', [send(1, [template]), send(2, [{ ...other, virtualPort: 80 }]), late], false],
      ['the template has run out', [send(1, [{ ...template, timeout: 5 }]), send(8, [other]), late], false],
      [
        'its template comes with the next datagram',
        [send(1, [template]), send(2, [other]), send(4, [{ ...template, ...other }]), late],
        false,
      ],
      ['persistence by /24', [send(1, [{ ...template, client: '198.51.100.0' }]), send(2, [other]), late], true],
      ['a client outside it', [send(1, [{ ...template, client: '198.51.101.0' }]), send(2, [other]), late], false],
      ['firewall mark', [send(1, [mark]), send(2, [{ ...at443, ...other }]), late], true],
      ['another mark', [send(1, [mark]), send(2, [{ fwmark: 6, ...other }]), late], false],
      ['FTP', [send(1, [ftp]), send(2, [{ ...other, virtualPort: 21, destinationPort: 21 }]), late], true],
      ['beside FTP, another service of the address', [send(1, [ftp]), send(2, [{ ...other, virtualPort: 80 }]), late], false],
    ];
    test.each(rows)('%s', (_, frames, expected) => {
      expect(syncKinds(frames).includes('ipvs.persist_bypass')).toBe(expected);
    });

    test('a persistence engine keeps calls, not clients', () => {
      const call = (id: number): number[] => [2, 4, id, id, id, id, 3, 4, 115, 105, 112, 0];
      const frames = [send(1, [{ ...template, options: call(1) }]), send(2, [other]), late];
      expect(syncKinds(frames)).toEqual([]);
    });
  });
});
