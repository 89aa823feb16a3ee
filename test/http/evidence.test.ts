/** `GET /api/v1/events/{id}/pcap`: a capture that other programs open, and refusals that say why. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { pcapngFile } from '../../src/capture/pcapng-writer.ts';
import { evidenceFile, joined } from '../../src/evidence-file.ts';
import { needs } from '../environment.ts';
import { watch } from '../watched.ts';
import { advert, at } from '../wire-frames.ts';
import { recorded } from './recorded.ts';
import { serving } from './serving.ts';

const kept = (number: number, name: string | null, linkType = 1) => ({ ...advert(number), number, interface: name, linkType });

function read(octets: Uint8Array) {
  const frames: { atMicros: number; bytes: Uint8Array; interface: string | null; linkType: number; originalLength: number }[] = [];
  const stream = new PcapStream({
    name: 'evidence',
    frame: ({ atMicros, bytes, interface: name, linkType, originalLength }) =>
      frames.push({ atMicros, bytes: bytes.slice(), interface: name, linkType, originalLength }),
  });
  void stream.push(octets);
  expect(stream.end()).toBeNull();
  return frames;
}

test('the frames of an event, as pcap where the capture named no interface', async () => {
  const monitor = await recorded('split-brain');
  const { app } = serving(monitor);
  const [event] = monitor.events.recent.filter(({ kind }) => kind === 'vrrp.two_masters');
  const answer = await app.inject(`/api/v1/events/${event.id}/pcap`);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/vnd.tcpdump.pcap',
    'content-disposition': `attachment; filename="${event.id}.pcap"`,
  });
  const frames = monitor.evidence.recent(event.id);
  expect(frames.map(({ number }) => number)).toEqual(event.frames);
  expect(read(answer.rawPayload).map(({ bytes }) => bytes)).toEqual(frames.map(({ bytes }) => bytes));
  await app.close();
});

test('as pcapng where it did, so that a replay sees the same interface', async () => {
  const { monitor, events } = watch([0, 1, 2].map((s) => advert(s)));
  const { app } = serving(monitor);
  const answer = await app.inject(`/api/v1/events/${events[0].id}/pcap`);
  expect(answer.headers['content-type']).toBe('application/x-pcapng');
  expect(answer.headers['content-disposition']).toBe(`attachment; filename="${events[0].id}.pcapng"`);
  expect(new Set(read(answer.rawPayload).map((frame) => frame.interface))).toEqual(new Set(['eth0']));
  await app.close();
});

test('an event that is not there, and one without frames', async () => {
  const { monitor } = watch([advert(0)]);
  const gap = monitor.log({ atMicros: at(1), kind: 'sniff.gap', severity: 'warning', text: 'nobody listened' });
  const { app } = serving(monitor);
  const missing = await app.inject('/api/v1/events/nosuch-0/pcap');
  expect(missing.statusCode).toBe(404);
  expect(missing.headers['content-type']).toContain('application/problem+json');
  expect(missing.json()).toMatchObject({ code: 'event_not_found', status: 404, type: 'urn:lvscope:problem:event_not_found' });
  const bare = await app.inject(`/api/v1/events/${gap.id}/pcap`);
  expect(bare.statusCode).toBe(404);
  expect(bare.json()).toMatchObject({ code: 'no_evidence', status: 404 });
  await app.close();
});

describe('the files', () => {
  const records = [
    kept(1, 'eth0'),
    kept(2, 'bond0.12', 113),
    kept(3, null),
    { ...kept(4, 'eth0'), originalLength: 9000 },
    kept(5, 'eth01'),
  ];

  test('pcapng keeps interfaces, link types, moments and lengths', () => {
    const wanted = records.map(({ number: _, ...frame }) => frame);
    expect(read(pcapngFile(records))).toEqual(wanted);
    expect(read(evidenceFile(records).octets)).toEqual(wanted);
  });

  test('frames of memory and store are joined, each once, in order', () => {
    expect(joined([kept(4, null), kept(2, null)], [kept(2, null), kept(1, null)]).map(({ number }) => number)).toEqual([1, 2, 4]);
  });

  test.skipIf(needs('tshark'))('tshark reads both kinds', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lvscope-evidence-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'event.pcap');
    const numbers = (octets: Uint8Array) => {
      writeFileSync(file, octets);
      const fields = ['frame.number', 'frame.interface_name', 'frame.time_epoch', 'vrrp.virt_rtr_id'].flatMap((f) => ['-e', f]);
      const { stdout, status, stderr } = spawnSync('tshark', ['-r', file, '-T', 'fields', ...fields], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      return stdout.trimEnd().split('\n');
    };
    const seconds = (n: number) => `${at(n) / 1e6}.000000000`;
    const named = [kept(1, 'eth0'), kept(2, 'eth1')];
    expect(numbers(evidenceFile(named).octets)).toEqual([`1\teth0\t${seconds(1)}\t51`, `2\teth1\t${seconds(2)}\t51`]);
    const bare = [kept(1, null), kept(2, null)];
    expect(numbers(evidenceFile(bare).octets)).toEqual([`1\t\t${seconds(1)}\t51`, `2\t\t${seconds(2)}\t51`]);
  });
});
