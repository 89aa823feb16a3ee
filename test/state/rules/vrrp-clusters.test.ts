/** Two clusters on one segment: VRID and addresses as RFC 3768 section 5.3.2 and 5.3.8 define them, unique on a LAN by section 3. */
import { describe, expect, test } from 'vitest';
import type { Frame } from '../../../dissectors/dissect.ts';
import { type Watched, watch } from '../../watched.ts';
import { advert, HOST, LB2, VIP } from '../../wire-frames.ts';

const of = ({ anomalies }: Watched, kind: string) => anomalies.find((anomaly) => anomaly.kind === kind);
const OTHER = ['10.0.0.200', '10.0.0.201'];

describe('vrrp.vrid_conflict', () => {
  const stranger = { from: HOST, addresses: OTHER, priority: 150 };

  test('names both clusters with their addresses, and VRIDs that are free here', () => {
    const busy = [1, 2, 4].map((vrid, i) => advert(0.1 * i, { vrid, addresses: [`10.0.1.${vrid}`] }));
    const elsewhere = advert(0.5, { vrid: 3, vlan: 7 });
    const watched = watch([...busy, elsewhere, advert(1), advert(2, stranger)]);
    const found = of(watched, 'vrrp.vrid_conflict');
    expect(found).toMatchObject({ severity: 'critical', subject: { vrid: 51, family: 'ipv4', interface: 'eth0' } });
    for (const part of [
      '10.0.0.11 (02:99:00:00:00:0b) for 10.0.0.100',
      `10.0.0.50 (02:99:00:00:00:32) for ${OTHER.join(', ')}`,
      'free here: 3, 5, 6',
    ])
      expect(found?.text).toContain(part);
  });

  const OWN1 = '10.0.0.11 (02:99:00:00:00:0b) for 10.0.0.100';
  const OWN2 = '10.0.0.12 (02:99:00:00:00:0c) for 10.0.0.100';
  const STRANGER = `10.0.0.50 (02:99:00:00:00:32) for ${OTHER.join(', ')}`;

  test.each<[string, string, readonly Frame[]]>([
    [
      'preempted its backup, which was heard less than a minute ago',
      OWN1,
      [advert(1, { from: LB2, priority: 90 }), advert(1.5), advert(2, stranger)],
    ],
    ['was preempted itself', OWN2, [advert(1), advert(1.5, { from: LB2, priority: 110 }), advert(2, stranger)]],
    ['is lost, and its backup comes after the stranger', OWN2, [advert(1), advert(2, stranger), advert(4.7, { from: LB2, priority: 90 })]],
    [
      'resigned, and its backup comes after the stranger',
      OWN2,
      [advert(1), advert(1.5, { priority: 0 }), advert(2, stranger), advert(2.1, { from: LB2 })],
    ],
  ])('names the present master of the cluster that was here first, then the stranger: it %s', (_, own, frames) => {
    expect(of(watch(frames), 'vrrp.vrid_conflict')?.text).toBe(`VRID 51 (IPv4) is used by ${own} and by ${STRANGER}; free here: 1, 2, 3`);
  });

  test('names the present master of the other cluster, too', () => {
    const other = { from: { address: '10.0.0.51', v6: 'fe80::51', mac: '02:99:00:00:00:33' }, addresses: OTHER, priority: 200 };
    const found = of(watch([advert(1), advert(2, stranger), advert(2.5, other), advert(3)]), 'vrrp.vrid_conflict');
    expect(found?.text).toContain(`by ${OWN1} and by 10.0.0.51 (02:99:00:00:00:33) for ${OTHER.join(', ')}; free`);
  });

  test('names three clusters', () => {
    const third = { from: LB2, addresses: ['10.0.0.210'], priority: 70 };
    const found = of(watch([advert(1), advert(2, stranger), advert(2.5, third)]), 'vrrp.vrid_conflict');
    expect(found?.text).toContain(`by ${OWN1} and by ${STRANGER} and by 10.0.0.12 (02:99:00:00:00:0c) for 10.0.0.210; free`);
  });

  test.each<[string, Frame[]]>([
    ['one address in common', [advert(1), advert(2, { ...stranger, addresses: [...OTHER, VIP] })]],
    ['another VRID', [advert(1), advert(2, { ...stranger, vrid: 52 })]],
    ['another VLAN', [advert(1), advert(2, { ...stranger, vlan: 7 })]],
    ['the other one resigned before', [advert(1), advert(1.5, { priority: 0 }), advert(2.1, stranger)]],
    ['the other one was heard more than a minute ago', [advert(1), advert(61.1, stranger)]],
    ['one router with a new list', [advert(1), advert(2, { addresses: OTHER })]],
    ['forged, TTL 254', [advert(1), advert(2, { ...stranger, ttl: 254 })]],
  ])('near miss: %s', (_, frames) => {
    expect(watch(frames).kinds).not.toContain('vrrp.vrid_conflict');
  });
});

describe('vrrp.vip_overlap', () => {
  test('one address in two VRIDs', () => {
    const watched = watch([advert(1, { addresses: [VIP, OTHER[0]] }), advert(2, { from: LB2, vrid: 52, addresses: [OTHER[1], VIP] })]);
    expect(watched.anomalies.filter(({ kind }) => kind === 'vrrp.vip_overlap')).toMatchObject([
      { severity: 'critical', subject: { family: 'ipv4', address: VIP, interface: 'eth0' } },
    ]);
    for (const part of ['VRID 51 (IPv4) by 10.0.0.11', 'VRID 52 (IPv4) by 10.0.0.12'])
      expect(of(watched, 'vrrp.vip_overlap')?.text).toContain(part);
  });

  test.each<[string, Frame[]]>([
    ['other addresses', [advert(1), advert(2, { vrid: 52, addresses: OTHER })]],
    ['two routers of one VRID', [advert(1), advert(2, { from: LB2, priority: 90 })]],
    ['another VLAN', [advert(1), advert(2, { vrid: 52, vlan: 7 })]],
    ['moved to another VRID after a resignation', [advert(1), advert(2, { priority: 0 }), advert(3, { vrid: 52 })]],
    ['the other master was lost', [advert(1), advert(5, { vrid: 52 })]],
    [
      'the other one is no longer master',
      [advert(1, { from: LB2, priority: 90 }), advert(1.5, { addresses: OTHER }), advert(2, { from: LB2, vrid: 52 })],
    ],
  ])('near miss: %s', (_, frames) => {
    expect(watch(frames).kinds).not.toContain('vrrp.vip_overlap');
  });
});
