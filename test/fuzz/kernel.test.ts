/** A small part of `npm run fuzz:kernel`: random datagrams to a real backup director, and lvscope has the table that it has. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../environment.ts';
import { messageV1, recordV1, syncFrame } from '../sync-message.ts';
import { KernelPair } from './kernel.ts';
import { fuzzKernel } from './kernel-stories.ts';

const DATAGRAMS = 400;

describe.skipIf(needs('namespaces', 'uml', 'ipvsadm', 'tcpreplay'))('the kernel and lvscope hear the same', () => {
  let pair: KernelPair;
  beforeAll(async () => {
    pair = await KernelPair.open();
  });
  afterAll(() => pair?.close());

  test('and have the same table', async () => {
    const seed = Date.now() >>> 0;
    const { datagrams, rows, findings } = await fuzzKernel(pair, DATAGRAMS, seed, () => {});
    process.stdout.write(`kernel: seed ${seed}, ${datagrams} datagrams, ${rows} rows compared\n`);
    expect(findings, `npm run fuzz:kernel -- --seed ${seed} --datagrams ${DATAGRAMS}`).toEqual([]);
    expect(rows).toBeGreaterThan(DATAGRAMS);
  });

  test('a difference is seen: a frame to another host, which a kernel leaves alone', async () => {
    await pair.begin();
    const frame = syncFrame(messageV1([recordV1()]), 0, { source: '10.99.0.11' });
    frame.bytes.set([0x02, 0x99, 0, 0, 0, 0x77]);
    expect(await pair.differencesAfter([frame])).toEqual([
      expect.stringMatching(/^ours has \[\d+\] s left, the kernel \[\]: TCP ESTABLISHED 198.51.100.7:40000 10.0.0.1:443 10.0.1.1:443$/),
    ]);
  });
});
