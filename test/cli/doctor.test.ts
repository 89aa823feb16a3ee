/** `lvscope doctor` on a wire where load balancers speak, on one where nobody does, and without the right to listen. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createWire, exited, until, type Wire } from '../capture/wire.ts';
import { FIXTURES, LVSCOPE, needs } from '../environment.ts';

describe.skipIf(needs('namespaces', 'tcpreplay', 'pcap'))('the doctor', () => {
  let wire: Wire | undefined;
  afterEach(() => {
    wire?.remove();
    wire = undefined;
  });

  async function doctor(on: Wire, listening: () => Promise<void>): Promise<{ text: string; code: number | null }> {
    const child = on.onMonitor(process.execPath, LVSCOPE, 'doctor', '-i', 'mon0', '--seconds', '4');
    let text = '';
    child.stdout?.on('data', (part) => (text += part));
    await until('it listens', () => text.includes('mon0'));
    await listening();
    await exited(child);
    return { text, code: child.exitCode };
  }

  const section = (text: string, title: string): string => text.split('\n\n').find((part) => part.startsWith(`${title}\n`)) ?? '';

  test('finds the senders, the virtual router and who listens', async () => {
    const on = createWire();
    wire = on;
    // It says which interfaces there are before it listens: again and again until it has ended.
    const { text, code } = await doctor(on, async () => {
      for (let i = 0; i < 6; i++) await on.replay(join(FIXTURES, 'captures', 'dr-v1-failover.pcap'), '--mbps=5');
    });
    expect(code).toBe(0);
    expect(text).toMatch(/^mon0 +up +listened to +192\.0\.2\.1$/m);
    expect(text).toMatch(/^right to capture: yes$/m);
    expect(section(text, 'connection sync')).toMatch(/sender +10\.99\.0\.11 .* 51 .*\n.*sender +10\.99\.0\.12 /);
    expect(section(text, 'VRRP')).toMatch(/^ {2}51 +ipv4 +v2 +mon0 /m);
    expect(section(text, 'multicast groups')).toMatch(/224\.0\.0\.81/);
    expect(section(text, 'stays unknown')).toMatch(/scheduler, weight/);
  });

  test('says what silence may mean', async () => {
    wire = createWire();
    const { text, code } = await doctor(wire, async () => {});
    expect(code).toBe(0);
    expect(section(text, 'connection sync')).toMatch(/none to port 8848-8911: .*ipvsadm -L --daemon/);
    expect(section(text, 'VRRP')).toMatch(/no advert: /);
  });

  test('without the right to capture listens to the sync group alone, and says what that hides', () => {
    const words = [LVSCOPE, 'doctor', '-i', 'lo', '--seconds', '1', '--no-join'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', uid: 65534, timeout: 20_000 });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^right to capture: no\. .*CAP_NET_RAW/m);
    expect(section(stdout, 'stays unknown')).toMatch(/^ {2}lo: vrrp$/m);
    expect(section(stdout, 'VRRP')).toMatch(/cannot be seen/);
    expect(status).toBe(3);
  });
});
