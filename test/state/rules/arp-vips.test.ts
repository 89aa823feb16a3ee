/** Claims on virtual addresses: what must be told, and the near miss. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { FIXTURES } from '../../environment.ts';
import { octets } from '../../sync-message.ts';
import { watch, watchRecording } from '../../watched.ts';
import { arp, gratuitousArp, icmpv6, LB1, LB2, unsolicitedNa, VIP } from '../../wire-frames.ts';
import { advertises, adverts, answers, asks, healthy, inOrder, SERVER, SERVER2, takeover, told, VIP6 } from './arp-scenes.ts';
import { expectReplays } from './replays.ts';

const VIRTUAL = '00:00:5e:00:01:33'; // RFC 9568 section 7.3: VRID 51
const probe = (seconds: number, mac: string): Frame => arp(seconds, { from: { address: '0.0.0.0', mac } });
const inTheName = (seconds: number, mac: string): Frame => arp(seconds, { from: { address: VIP, mac }, targetAddress: '10.0.0.1' });
const MASTER6 = { from: { address: LB1.v6, mac: LB1.mac }, version: 3, addresses: ['fe80::100', VIP6] } as const;
const dad = (seconds: number, mac: string): Frame =>
  icmpv6(seconds, [135, 0, 0, 0, 0, 0, 0, 0, ...octets(VIP6)], { source: '::', destination: 'ff02::1:ff00:100', mac, hopLimit: 255 });

describe('a pair in good order', () => {
  const vmac = { mac: VIRTUAL };
  const rows: [string, Frame[]][] = [
    ['one answer, of the master', [...healthy(), asks(5), answers(5.001, { ...LB1, address: VIP })]],
    [
      'the virtual MAC answers, adverts come from the physical one',
      [...healthy(), asks(5), answers(5.001, { address: VIP, mac: VIRTUAL })],
    ],
    [
      'all from the virtual MAC',
      [...healthy(vmac).filter((_, i) => i !== 1), gratuitousArp(0.01, VIRTUAL), asks(5), answers(5.001, { address: VIP, mac: VIRTUAL })],
    ],
    ['a takeover, announced after the advert', takeover([gratuitousArp(4.91, LB2.mac), asks(6), answers(6.001, LB2)])],
    ['a takeover, announced a few ms before the advert', takeover([gratuitousArp(4.89, LB2.mac)])],
    ['the old master answers once more, a few ms after the takeover', takeover([gratuitousArp(4.91, LB2.mac), answers(4.905, LB1)])],
    ['announced before anything is known of the address', [gratuitousArp(0.01, LB1.mac), ...adverts(1, 9)]],
    ['IPv6', [...adverts(0, 9, MASTER6), unsolicitedNa(0.1, LB1, VIP6), unsolicitedNa(0.1, LB1, 'fe80::100'), advertises(5, LB1)]],
    ['a request for another address', [...healthy(), asks(5, '10.0.0.9'), answers(5.001, SERVER, '10.0.0.9')]],
  ];
  test.each(rows)('%s', (_, frames) => expect(told(frames)).toEqual([]));
});

describe('arp.vip_wrong_mac', () => {
  const wrong = [...healthy(), asks(4, SERVER.address), answers(4.001, SERVER, SERVER.address), asks(5), answers(5.001, SERVER)];

  test('a real server answers: named with its own address', () => {
    const { events } = watch(inOrder(wrong), 30);
    const event = events.find(({ kind }) => kind === 'arp.vip_wrong_mac');
    expect(event?.text).toBe(
      '02:99:00:00:00:15 (10.0.0.21) answers for 10.0.0.100, a virtual address of VRID 51 (IPv4) whose master is 10.0.0.11 (02:99:00:00:00:0b)',
    );
    expect(event?.subject).toEqual({ vrid: 51, family: 'ipv4', address: VIP, mac: SERVER.mac, interface: 'eth0' });
    expectReplays(inOrder(wrong), 'arp.vip_wrong_mac', 30);
  });

  const rows: [string, Frame[], string[]][] = [
    ['a real server', wrong, ['arp.vip_wrong_mac']],
    ['another router that is not master', [...healthy(), asks(5), answers(5.001, LB2)], ['arp.vip_wrong_mac']],
    [
      'the physical address in a set with virtual MAC (FRR#18379)',
      [...healthy({ mac: VIRTUAL }).filter((_, i) => i !== 1), asks(5), answers(5.001, LB1)],
      ['arp.vip_wrong_mac'],
    ],
    ['IPv6', [...adverts(0, 9, MASTER6), advertises(5, SERVER)], ['arp.vip_wrong_mac']],
    [
      'IPv6 with hop limit 254 is no answer (RFC 4861 section 7.1.2)',
      [...adverts(0, 9, MASTER6), advertises(5, SERVER, VIP6, 254)],
      ['nd.hop_limit'],
    ],
    ['the old master long after the takeover', takeover([gratuitousArp(4.91, LB2.mac), answers(8, LB1)]), ['arp.vip_wrong_mac']],
    ['a router that becomes master within the patience', takeover([gratuitousArp(4.91, LB2.mac), answers(2.5, LB2)]), []],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));

  test('a trusted pair may answer', () => {
    const trusted = (mac: number) => ({ routers: [], trusted: [{ address: 0x0a000064, mac }] });
    expect(told(wrong, 30, trusted(0x029900000015))).toEqual([]);
    expect(told(wrong, 30, trusted(0x029900000016))).toEqual(['arp.vip_wrong_mac']);
  });

  describe('where answers do not reach the port it cannot be told', () => {
    const unknown = (frames: readonly Frame[]) =>
      watch(inOrder(frames), 30).monitor.anomalies.all.filter(({ kind, check }) => kind === 'arp.vip_wrong_mac' && check === 'unknown');
    test('a request and no answer', () => {
      const [one] = unknown([...healthy(), asks(5)]);
      expect(one.subject).toEqual({ vrid: 51, family: 'ipv4', address: VIP, interface: 'eth0' });
      expect(one.text).toContain('no answers');
    });
    test('a request and an answer', () => expect(unknown([...healthy(), asks(5), answers(5.001, LB1)])).toEqual([]));
    test('no answer at first, one later', () => expect(unknown([...healthy(), asks(5), asks(15), answers(15.001, LB1)])).toEqual([]));
  });
});

describe('arp.vip_two_answers', () => {
  const two = (seconds: number): Frame[] => [...healthy(), asks(5), answers(5.001, LB1), answers(seconds, SERVER)];
  const rows: [string, Frame[], string[]][] = [
    ['master and real server', two(5.9), ['arp.vip_two_answers', 'arp.vip_wrong_mac']],
    ['more than a second after the request', two(6.2), ['arp.vip_wrong_mac']],
    ['two requests, one answer each', [...healthy(), asks(5), answers(5.001, LB1), asks(5.1), answers(5.2, SERVER)], ['arp.vip_wrong_mac']],
    [
      'two real servers and no master',
      [...healthy(), asks(5), answers(5.001, SERVER), answers(5.002, SERVER2)],
      ['arp.vip_two_answers', 'arp.vip_wrong_mac', 'arp.vip_wrong_mac'],
    ],
    ['the same host twice', [...healthy(), asks(5), answers(5.001, LB1), answers(5.002, LB1)], []],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));
  test('its evidence', () => expectReplays(inOrder(two(5.9)), 'arp.vip_two_answers', 30));
});

describe('arp.conflict of a virtual address (RFC 5227 section 2.4)', () => {
  const announced = [...healthy(), gratuitousArp(5, SERVER.mac)];
  const rows: [string, Frame[], string[]][] = [
    ['a stranger announces it', announced, ['arp.conflict']],
    ['a stranger asks in its name', [...healthy(), inTheName(5, SERVER.mac)], ['arp.conflict']],
    ['another router asks in its name', [...healthy(), inTheName(5, LB2.mac)], ['arp.conflict']],
    ['the master asks in its name', [...healthy(), inTheName(5, LB1.mac)], []],
    ['a stranger announces another address', [...healthy(), gratuitousArp(5, SERVER.mac, SERVER.address)], []],
    ['IPv6', [...adverts(0, 9, MASTER6), unsolicitedNa(5, SERVER, VIP6)], ['arp.conflict']],
    [
      'a new router, whose first advert follows',
      [...adverts(0, 5), gratuitousArp(0.1, LB1.mac), gratuitousArp(5.9, LB2.mac), ...adverts(6, 15, { from: LB2, priority: 110 })],
      [],
    ],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));
  test('its evidence', () => expectReplays(inOrder(announced), 'arp.conflict', 30));

  test('two masters are explained by two masters', () => {
    const split = [...healthy(), ...adverts(5, 20, { from: LB2, priority: 90 }).map((f) => ({ ...f, atMicros: f.atMicros + 1000 }))];
    const both = [
      gratuitousArp(5.1, LB2.mac),
      gratuitousArp(9, LB1.mac),
      gratuitousArp(10, LB2.mac),
      asks(11),
      answers(11.001, LB1),
      answers(11.002, LB2),
    ];
    expect(told([...split, ...both], 20)).toEqual([]);
  });
});

describe('arp.probe_of_vip', () => {
  const rows: [string, Frame[], string[]][] = [
    ['a stranger (RFC 5227 section 2.1.1)', [...healthy(), probe(5, SERVER.mac)], ['arp.probe_of_vip']],
    ['duplicate address detection (RFC 4862 section 5.4)', [...adverts(0, 9, MASTER6), dad(5, SERVER.mac)], ['arp.probe_of_vip']],
    ['a router', [...healthy(), probe(5, LB2.mac)], []],
    ['of another address', [...healthy(), arp(5, { from: { address: '0.0.0.0', mac: SERVER.mac }, targetAddress: SERVER.address })], []],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));
  test('its evidence', () => expectReplays(inOrder([...healthy(), probe(5, SERVER.mac)]), 'arp.probe_of_vip', 30));
});

describe('arp.garp_stale', () => {
  const late = [...takeover([gratuitousArp(4.91, LB2.mac)]), gratuitousArp(9, LB1.mac)];
  const rows: [string, Frame[], string[]][] = [
    ['the old master announces after the takeover', late, ['arp.garp_stale']],
    [
      'the old master announces last, a few ms after the takeover',
      takeover([gratuitousArp(4.91, LB2.mac), gratuitousArp(4.93, LB1.mac)]),
      ['arp.garp_stale'],
    ],
    ['the new one announces again before it is judged', [...late, gratuitousArp(10, LB2.mac)], []],
    ['the old one announced before the takeover', takeover([gratuitousArp(4.1, LB1.mac), gratuitousArp(4.91, LB2.mac)]), []],
  ];
  test.each(rows)('%s', (_, frames, expected) => expect(told(frames)).toEqual(expected));
  test('its evidence', () => expectReplays(inOrder(late), 'arp.garp_stale', 30));

  test('ends when the master announces the address', () => {
    const { anomalies } = watch(inOrder([...late, gratuitousArp(18, LB2.mac)]), 30);
    expect(anomalies.find(({ kind }) => kind === 'arp.garp_stale')?.check).toBe('clear');
  });

  /** Both are master from 5 s on; LB2, the lower one, falls silent after 10 s. Only one of them is heard by neighbors last. */
  const healed = (last: { mac: string }): Frame[] => [
    ...adverts(0, 28),
    ...adverts(5, 10, { from: LB2, priority: 90 }).map((f) => ({ ...f, atMicros: f.atMicros + 1000 })),
    gratuitousArp(0.1, LB1.mac),
    gratuitousArp(5.1, LB2.mac),
    gratuitousArp(10.5, last.mac),
  ];
  test('after a split brain the loser was heard last', () => expect(told(healed(LB2))).toEqual(['arp.garp_stale']));
  test('after a split brain the winner was heard last', () => expect(told(healed(LB1))).toEqual([]));
});

describe('recordings', () => {
  /** [finding, the host it is about] */
  const found = (folder: string, name: string): string[] => {
    const { monitor } = watchRecording(join(FIXTURES, folder, `${name}.pcap`));
    monitor.advance(monitor.clock.nowMicros ?? 0);
    const all = monitor.anomalies.all.filter(({ kind, firstMicros }) => /^(arp|nd)\./.test(kind) && firstMicros !== null);
    return all.map(({ kind, subject }) => `${kind} ${subject.address}${subject.mac ? ` ${subject.mac}` : ''}`).sort();
  };

  test('two kernels that hold the address on lo answer for it', () => {
    const { events } = watchRecording(join(FIXTURES, 'arp', 'real-servers-answer.pcap'));
    expect(found('arp', 'real-servers-answer')).toEqual([
      'arp.vip_two_answers 10.99.0.100',
      'arp.vip_wrong_mac 10.99.0.100 02:99:00:00:00:15',
      'arp.vip_wrong_mac 10.99.0.100 02:99:00:00:00:16',
    ]);
    const texts = events.filter(({ kind }) => kind === 'arp.vip_wrong_mac').map(({ text }) => text);
    expect(texts.some((text) => text.startsWith('02:99:00:00:00:15 (10.99.0.21) answers'))).toBe(true);
    expect(texts.some((text) => text.startsWith('02:99:00:00:00:16 (10.99.0.22) answers'))).toBe(true);
  });

  test('with arp_ignore=1 they do not, before and after a failover', () => expect(found('arp', 'quiet-real-servers')).toEqual([]));

  test('a host that probes for the address and takes it', () =>
    expect(found('arp', 'stranger')).toEqual([
      'arp.conflict 10.99.0.100 02:99:00:00:00:66',
      'arp.probe_of_vip 10.99.0.100 02:99:00:00:00:66',
    ]));

  /**
   * misconfigured: the interval of VRID 20 differs, so lb2 announces its address and falls silent; its kernel holds it to the end.
   * The answers of the real servers do not pass this port.
   */
  const FOUND: Readonly<Record<string, string[]>> = { misconfigured: ['arp.garp_stale 10.99.0.140'] };
  const lab = readdirSync(join(FIXTURES, 'captures')).flatMap((file) => (file.endsWith('.pcap') ? [file.slice(0, -5)] : []));
  test.each(lab)('%s', (name) => expect(found('captures', name)).toEqual(FOUND[name] ?? []));

  test('misconfigured: whether somebody answers wrongly is unknown', () => {
    const { monitor } = watchRecording(join(FIXTURES, 'captures', 'misconfigured.pcap'));
    const unknown = monitor.anomalies.all.filter(({ kind, check }) => kind === 'arp.vip_wrong_mac' && check === 'unknown');
    expect(unknown.map(({ subject }) => subject.address)).toEqual(['10.99.0.100']);
  });
});
