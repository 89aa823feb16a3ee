/** What is run with an input, and what must hold whatever it is. */
import { type Dissection, dissect, type Frame } from '../../dissectors/dissect.ts';
import { createReassembly } from '../../dissectors/reassembly.ts';
import { unpacked } from '../../src/capture/gzip.ts';
import { PcapStream } from '../../src/capture/pcap-stream.ts';
import { parseSyncChannel } from '../../src/config.ts';
import { OperatorError } from '../../src/errors.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createMonitor, type Monitor } from '../../src/state/monitor.ts';
import type { Input } from './input.ts';
import { must } from './must.ts';
import { checkTable } from './table-invariants.ts';

export type Dissect = typeof dissect;

const CHANNELS = ['224.0.0.81:8848-8911', '239.1.2.3:9000-9003', '[ff02::81]:8848'].map(parseSyncChannel);
/** So small that inputs of a few frames reach it. */
const LIMITS = { datagrams: 4, octets: 8192, waitMicros: 30_000_000 };
const MOST_SESSIONS = 8;
const LARGEST_DATAGRAM = 65_535;
/** gzip's best, and some room for what is not in proportion. */
const MOST_UNPACKED = 1032;
const MARGIN = 64;
/** So that what is due by then happens. */
const AFTER_MICROS = 4_500_000;

/** @param deep also what takes longer: everything twice, and other octets around the frame */
export async function runInput(input: Input, deep: boolean, read: Dissect = dissect): Promise<void> {
  if (input.kind === 'monitor') {
    const said = monitored(input.frames);
    if (deep) must(stateText(said) === stateText(monitored(input.frames)), 'the same frames twice give the same state');
  } else if ('frames' in input) {
    const said = dissections(input.frames, 0, read);
    if (!deep) return;
    const text = JSON.stringify(said, plain);
    must(text === JSON.stringify(dissections(input.frames, 0, read), plain), 'the same frames twice are dissected the same');
    must(text === JSON.stringify(dissections(input.frames, 0xff, read), plain), 'octets around the frame make no difference');
  } else if (input.kind === 'stream') {
    const whole = streamed(input.bytes, [input.bytes.length]);
    if (!deep) return;
    must(whole === streamed(input.bytes, [1]), 'octet by octet a stream says the same');
    must(whole === streamed(input.bytes, [7, 64, 3, 1500]), 'cut into pieces a stream says the same');
  } else await unpackedOnce(input.bytes);
}

const plain = (_: string, value: unknown): unknown => {
  if (value instanceof DataView || value instanceof Map) return null;
  return value;
};

/** What all the frames said, one after the other through one reassembly. Each lies in the midst of other octets. */
function dissections(frames: readonly Frame[], around: number, read: Dissect): Dissection[] {
  const reassembly = createReassembly(LIMITS);
  const options = { reassembly, syncChannels: CHANNELS, secretNumber: (octets: Uint8Array) => octets.length };
  const said: Dissection[] = [];
  for (const frame of frames) {
    const room = new Uint8Array(frame.bytes.length + 2 * MARGIN).fill(around);
    room.set(frame.bytes, MARGIN);
    const bytes = room.subarray(MARGIN, MARGIN + frame.bytes.length);
    const { completed } = reassembly.counters;
    const dissection = read({ ...frame, bytes }, options);
    checkDissection(dissection, frame, reassembly.counters.completed > completed);
    must(Buffer.compare(bytes, frame.bytes) === 0, 'a frame is left as it was');
    said.push(dissection);
  }
  return said;
}

function checkDissection({ fault, secrets, layers }: Dissection, { bytes }: Frame, isWhole: boolean): void {
  must(fault?.code !== 'dissector', `dissect() fails: ${fault?.protocol}: ${fault?.text}`);
  const most = isWhole ? LARGEST_DATAGRAM : bytes.length;
  if (fault) must(fault.at >= 0 && fault.at <= most, `the fault ${fault.protocol}.${fault.code} lies in the frame`);
  for (const { at, octets, checksumAt } of secrets ?? []) {
    must(at >= 0 && octets > 0 && at + octets <= bytes.length, 'a secret lies in the frame');
    must(checksumAt === null || (checksumAt >= 0 && checksumAt + 2 <= bytes.length), "a secret's checksum lies in the frame");
  }
  for (const layer of layers)
    if (layer.protocol === 'ipvs')
      for (const at of layer.records) must(at >= 0 && at + 24 <= layer.view.byteLength, 'a sync record lies in the datagram');
}

/** A monitor that has seen these frames, and a little more time. */
function monitored(frames: readonly Frame[]): Monitor {
  const monitor = createMonitor({ maxSessions: MOST_SESSIONS, trackChanges: true });
  let [faults, notes, octets, number] = [0, 0, 0, 0];
  const keep = (frame: Frame, dissection: Dissection): void => {
    faults += dissection.fault ? 1 : 0;
    notes += dissection.notes.length;
    octets += frame.originalLength;
    must(dissection.fault !== null || dissection.layers.length > 0, 'a frame without a fault has a layer');
  };
  const enter = createPipeline({ monitor, syncChannels: CHANNELS, headersSeen: true, keep });
  for (const frame of frames) enter({ ...frame, number: ++number, interface: null });
  const { counters } = monitor;
  const total = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, n) => sum + n, 0);
  must(counters.frames === frames.length, 'every frame is counted once');
  must(counters.octets === octets, 'every octet is counted once');
  must(total(counters.faults) === faults, 'every fault is counted once, by its name');
  must(total(counters.notes) === notes, 'every note is counted once, by its name');
  must(![...counters.faults.keys()].some((name) => name.endsWith('.dissector')), 'no dissector fails');
  checkTable(monitor.sessions);
  const end = frames.reduce((latest, { atMicros }) => Math.max(latest, atMicros), 0);
  monitor.advance(end + AFTER_MICROS);
  checkTable(monitor.sessions);
  return monitor;
}

function stateText({ sessions, events, anomalies, routers, daemons, counters }: Monitor): string {
  const rows = sessions.words.subarray(0, sessions.top * 16);
  const { recent } = events;
  return JSON.stringify([[...rows], sessions.counters, recent, anomalies.all, routers.all, daemons.all, [...counters.faults]], plain);
}

/** @param sizes of the pieces it comes in, over and over */
function streamed(bytes: Uint8Array, sizes: readonly number[]): string {
  const said: unknown[] = [];
  let octets = 0;
  const frame = (one: Frame) => {
    octets += one.bytes.length;
    must(Number.isSafeInteger(one.atMicros) || Math.abs(one.atMicros) > Number.MAX_SAFE_INTEGER, 'a time is a whole number');
    said.push([Buffer.from(one.bytes).toString('latin1'), one.linkType, one.atMicros, one.originalLength]);
  };
  const stream = new PcapStream({ name: 'input', frame });
  try {
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = sizes[n % sizes.length];
      stream.push(bytes.slice(at, at + size));
      at += size;
    }
    const fault = stream.end();
    must(fault === null || (fault.at >= 0 && fault.at <= bytes.length), `the fault ${fault?.code} lies in the stream`);
    must(stream.offset <= bytes.length, 'no more is delivered than was pushed');
    must(octets <= bytes.length, 'frames are made of what was pushed');
    said.push(fault, stream.offset);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    said.push('no capture');
  }
  return JSON.stringify(said);
}

async function unpackedOnce(bytes: Uint8Array): Promise<void> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 500) yield bytes.subarray(at, at + 500);
  }
  let octets = 0;
  let damages = 0;
  const stream = new PcapStream({ name: 'input', frame: () => {} });
  const damaged = () => {
    damages++;
  };
  try {
    for await (const piece of unpacked(chunks(), damaged)) {
      octets += piece.length;
      stream.push(piece);
    }
    stream.end();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
  must(damages <= 1, 'damage is told once');
  must(octets <= bytes.length * MOST_UNPACKED + MARGIN, 'no more is unpacked than gzip can hold');
}
