import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rawIpPacket } from '../../src/capture/made-frame.ts';
import { fileHeader, record } from '../../src/capture/pcap-writer.ts';
import { builtCapture } from './built.ts';
import { type Frame, listenTo, monitorArguments, SYNC, startMonitor } from './monitor.ts';
import { createWire, exited, isRoot, until, type Wire } from './wire.ts';
import { run, scratch } from './wireshark.ts';

const files = scratch();
afterAll(() => files.remove());

const GROUP6 = Buffer.from('ff020000000000000000000000000081', 'hex');
const SOURCE6 = Buffer.from('fe800000000000000000000000000002', 'hex');

interface Read {
  readonly source: string;
  readonly destination: string;
  readonly ports: string;
  readonly payload: string;
  readonly checksums: string;
}

/** Raw IP packets as tshark reads them, checksums verified (1 good, 2 not checked, 3 not present). */
function readByTshark(packets: readonly Uint8Array[]): Read[] {
  const path = files.file('raw.pcap');
  const records = packets.map((bytes) => record({ atMicros: 1e15, bytes, originalLength: bytes.length }));
  writeFileSync(path, Buffer.concat([fileHeader({ linkType: 101, snapLength: 65535 }), ...records]));
  const fields = [
    'ip.src',
    'ipv6.src',
    'ip.dst',
    'ipv6.dst',
    'udp.srcport',
    'udp.dstport',
    'udp.payload',
    'ip.checksum.status',
    'udp.checksum.status',
  ];
  const options = [
    '-o',
    'ip.check_checksum:TRUE',
    '-o',
    'udp.check_checksum:TRUE',
    '-T',
    'fields',
    ...fields.flatMap((field) => ['-e', field]),
  ];
  const rows = run('tshark', ['-n', '-r', path, ...options])
    .toString()
    .split('\n')
    .filter(Boolean);
  return rows.map((row) => {
    const [source4, source6, destination4, destination6, from, to, payload, ip, udp] = row.split('\t');
    return {
      source: source4 || source6,
      destination: destination4 || destination6,
      ports: `${from} ${to}`,
      payload,
      checksums: `${ip} ${udp}`,
    };
  });
}

describe('made-up packets are good ones to tshark', () => {
  const ports = { sourcePort: 40000, destinationPort: 8848 };
  const v4 = { source: 0x0a000001, destination: 0xe0000051 };
  const v6 = { source: SOURCE6, destination: GROUP6 };
  it.each([
    ['IPv4', { ...v4, ...ports, payload: Buffer.from('0011223344', 'hex') }, '10.0.0.1', '224.0.0.81', '1 3'],
    ['IPv4, nothing in it', { ...v4, ...ports, payload: Buffer.alloc(0) }, '10.0.0.1', '224.0.0.81', '1 3'],
    ['IPv4, as large as can be', { ...v4, ...ports, payload: Buffer.alloc(65507, 0xab) }, '10.0.0.1', '224.0.0.81', '1 3'],
    ['IPv6', { ...v6, ...ports, payload: Buffer.from('0011223344', 'hex') }, 'fe80::2', 'ff02::81', ' 1'],
    ['IPv6, an odd length', { ...v6, ...ports, payload: Buffer.from('ffffff', 'hex') }, 'fe80::2', 'ff02::81', ' 1'],
    // A sum of zero is sent as ffff, for zero would mean that there is none (RFC 768).
    ['IPv6, whose sum is zero', { ...v6, ...ports, payload: zeroSum() }, 'fe80::2', 'ff02::81', ' 1'],
  ])('%s', (_name, datagram, source, destination, checksums) => {
    const payload = datagram.payload.toString('hex');
    expect(readByTshark([rawIpPacket(datagram)])).toEqual([{ source, destination, ports: '40000 8848', payload, checksums }]);
  });
});

/**
 * RFC 8200 section 8.1, by hand: pseudo-header fe80 + 2 + ff02 + 81 + 17 + 10, header 9c40 + 2290 + 10 in 16-bit words, length 10
 * twice; the payload word is what is missing to ffff.
 */
function zeroSum(): Buffer {
  const words = [0xfe80, 0x0002, 0xff02, 0x0081, 17, 10, 40000, 8848, 10];
  const sum = words.reduce((total, word) => total + word, 0);
  const folded = (sum & 0xffff) + (sum >>> 16);
  const missing = Buffer.alloc(2);
  missing.writeUInt16BE(0xffff - folded);
  return missing;
}

describe.skipIf(!isRoot)('plain UDP sockets', () => {
  let wire: Wire;
  beforeAll(() => {
    builtCapture();
  });
  beforeEach(() => {
    wire = createWire();
    wire.farIp('addr', 'add', '192.0.2.2/24', 'dev', 'wire0');
    wire.farIp('addr', 'add', 'fe80::2/64', 'dev', 'wire0', 'nodad');
    wire.ip('addr', 'add', 'fe80::1/64', 'dev', 'mon0', 'nodad');
  });
  afterEach(() => wire.remove());

  /** Sends each payload from the far end, as a director does: multicast through its interface. */
  async function send(type: 'udp4' | 'udp6', group: string, port: number, ...payloads: string[]): Promise<void> {
    const script = `
      const socket = require('node:dgram').createSocket('${type}');
      socket.bind(40000, async () => {
        socket.setMulticastInterface('${type === 'udp4' ? '192.0.2.2' : '::%wire0'}');
        for (const hex of ${JSON.stringify(payloads)}) await new Promise((sent) => socket.send(Buffer.from(hex, 'hex'), ${port}, '${group}', sent));
        socket.close();
      });`;
    await exited(wire.onFarEnd(process.execPath, '-e', script));
  }

  const read = (frames: readonly Frame[]) => readByTshark(frames.map((f) => Buffer.from(f.hex, 'hex')));

  it('give datagrams of all ports as raw IP packets, in order and numbered', async () => {
    const monitor = await startMonitor(wire, { source: 'udp' });
    await until('joined', () => wire.ip('maddress', 'show', 'dev', 'mon0').includes('224.0.0.81'));
    await send('udp4', '224.0.0.81', 8848, '01', '0203', '');
    await send('udp4', '224.0.0.81', 8911, 'ff'.repeat(1400));
    await until('all are there', () => monitor.frames.length === 4);
    const from = { source: '192.0.2.2', destination: '224.0.0.81', checksums: '1 3' };
    expect(read(monitor.frames)).toEqual([
      { ...from, ports: '40000 8848', payload: '01' },
      { ...from, ports: '40000 8848', payload: '0203' },
      { ...from, ports: '40000 8848', payload: '' },
      { ...from, ports: '40000 8911', payload: 'ff'.repeat(1400) },
    ]);
    expect(monitor.frames.map((f) => [f.number, f.linkType])).toEqual([1, 2, 3, 4].map((number) => [number, 101]));
    await monitor.stop();
    expect(monitor.last).toMatchObject([
      { interface: 'mon0', source: 'udp', up: true, packets: 4, dropped: null, mac: null, problem: null },
    ]);
    expect(wire.ip('maddress', 'show', 'dev', 'mon0')).not.toContain('224.0.0.81');
  });

  it('hear IPv6 groups, and say through which interface', async () => {
    const monitor = await startMonitor(wire, { source: 'udp', sync: [{ group: Array.from(GROUP6), fromPort: 8848, toPort: 8849 }] });
    await send('udp6', 'ff02::81%wire0', 8849, 'c0ffee');
    await until('it is there', () => monitor.frames.length === 1);
    expect(read(monitor.frames)).toEqual([
      { source: 'fe80::2', destination: 'ff02::81', ports: '40000 8849', payload: 'c0ffee', checksums: ' 1' },
    ]);
    expect(monitor.frames[0].interface).toBe('mon0');
  });

  it('do not hear other groups and ports', async () => {
    const monitor = await startMonitor(wire, { source: 'udp' });
    await send('udp4', '224.0.0.82', 8848, '01');
    await send('udp4', '224.0.0.81', 8847, '02');
    await send('udp4', '224.0.0.81', 8848, '03');
    await until('the last is there', () => monitor.frames.length > 0);
    expect(read(monitor.frames).map((r) => r.payload)).toEqual(['03']);
  });

  it('need no right at all', async () => {
    const nobody = ['--reuid=65534', '--clear-groups', '--bounding-set=-all'];
    const monitor = await listenTo(wire.onMonitor('setpriv', ...nobody, process.execPath, ...monitorArguments({ source: 'udp' })));
    await send('udp4', '224.0.0.81', 8848, '01');
    await until('it is there', () => monitor.frames.length === 1);
  });

  it('go on when the interface is made again', async () => {
    const sync = [SYNC, { group: Array.from(GROUP6), fromPort: 8848, toPort: 8848 }];
    const monitor = await startMonitor(wire, { source: 'udp', sync: [{ ...SYNC, toPort: 8849 }, sync[1]] });
    wire.ip('link', 'del', 'mon0');
    wire.connect();
    wire.farIp('addr', 'add', '192.0.2.2/24', 'dev', 'wire0');
    wire.farIp('addr', 'add', 'fe80::2/64', 'dev', 'wire0', 'nodad');
    wire.ip('addr', 'add', 'fe80::1/64', 'dev', 'mon0', 'nodad');
    await until('joined again', () =>
      ['224.0.0.81', 'ff02::81'].every((group) => wire.ip('maddress', 'show', 'dev', 'mon0').includes(group)),
    );
    await send('udp4', '224.0.0.81', 8848, '01');
    await send('udp6', 'ff02::81%wire0', 8848, '02');
    await until('both are there', () => monitor.frames.length === 2);
  });

  it('share their ports with another listener', async () => {
    const monitors = [await startMonitor(wire, { source: 'udp' }), await startMonitor(wire, { source: 'udp' })];
    await send('udp4', '224.0.0.81', 8848, '01');
    await until('both hear it', () => monitors.every((m) => m.frames.length === 1));
  });

  it.each([
    ['an interface that is not there', { interfaces: ['eth7'] }, 4, /no interface eth7/],
    ['more ports than a kernel sends to', { sync: [{ ...SYNC, toPort: 8912 }] }, 2, /65 sync ports/],
  ])('%s', async (_name, options, exitCode, message) => {
    const { failure } = await startMonitor(wire, { source: 'udp', ...options });
    expect(failure).toMatchObject({ name: 'OperatorError', exitCode, message: expect.stringMatching(message) });
  });

  it('a port that another program holds for itself', async () => {
    const script = `require('node:dgram').createSocket('udp4').bind({ port: 8848, exclusive: true }, () => console.log('bound'))`;
    const holder = wire.onMonitor(process.execPath, '-e', script);
    await new Promise((bound) => holder.stdout?.once('data', bound));
    const { failure } = await startMonitor(wire, { source: 'udp', sync: [{ ...SYNC, toPort: 8848 }] });
    expect(failure).toMatchObject({ name: 'OperatorError', exitCode: 1, message: expect.stringContaining('EADDRINUSE') });
  });
});
