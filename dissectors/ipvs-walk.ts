/**
 * From record to record through a sync message, with the verdicts of a backup kernel (ip_vs_process_message,
 * ip_vs_process_message_v0, ip_vs_proc_sync_conn): a record may be entered, dropped alone, or stop the whole datagram.
 */
import type { Packet } from './dissector.ts';
import type { PersistenceEngine } from './ipvs.ts';
import { FLAG, SEQUENCE_FLAGS, SEQUENCE_OCTETS, TYPE_IPV6, V0, V0_OCTETS, V1, V1_OCTETS_IPV4, V1_OCTETS_IPV6 } from './ipvs-record.ts';
import { stateCount } from './ipvs-states.ts';
import { Stop } from './reader.ts';

export interface Verdicts {
  readonly records: number[];
  engines: Map<number, PersistenceEngine> | null;
  /** Where the last announced record ends. */
  end: number;
  /** What lost the rest of the datagram; records before it stand. */
  stop: Stop | null;
}

const SIZE_MASK = 0xfff;
const OPTION_SEQUENCE = 1;
const OPTION_ENGINE_DATA = 2;
const OPTION_ENGINE_NAME = 3;
/** An option with this bit may be skipped by who does not know it. */
const OPTION_OPTIONAL = 0x40;
const ENGINE_NAME_OCTETS = 16;
const KNOWN_ENGINE = 'sip';
const TEMPLATE_STATES = 2;

const utf8 = new TextDecoder('latin1');

/** The kernel's checks of protocol and state, the same for both versions. Notes what is wrong; true when the record is entered. */
function knownState(packet: Packet, proto: number, state: number, template: boolean): boolean {
  if (template) {
    if (state >= TEMPLATE_STATES) packet.note('bad_state', `template state ${state}: entered all the same, shown as ERR!`);
    return true;
  }
  const states = stateCount(proto);
  if (states === 0) packet.note('unknown_proto', `protocol ${proto} is none that IPVS forwards: record dropped`);
  else if (state >= states) packet.note('bad_state', `state ${state} of protocol ${proto}: record dropped`);
  else return true;
  return false;
}

export function walkV0(view: DataView, from: number, end: number, count: number, verdicts: Verdicts, packet: Packet): void {
  let p = from;
  for (let i = 0; i < count; i++) {
    const record = p;
    if (p + V0_OCTETS > end) {
      verdicts.stop = new Stop('truncated', `record ${i + 1} of ${count} is cut`, p);
      return;
    }
    const flags = view.getUint16(p + V0.flags);
    p += V0_OCTETS;
    if (flags & SEQUENCE_FLAGS) p += SEQUENCE_OCTETS;
    if (p > end) {
      verdicts.stop = new Stop('truncated', `record ${i + 1} of ${count} is cut in its sequence numbers`, record);
      return;
    }
    if (knownState(packet, view.getUint8(record + V0.proto), view.getUint16(record + V0.state), (flags & FLAG.template) !== 0))
      verdicts.records.push(record);
  }
  verdicts.end = p;
}

export function walkV1(view: DataView, from: number, end: number, count: number, verdicts: Verdicts, packet: Packet): void {
  let p = from;
  for (let i = 0; i < count; i++) {
    if (p + V1_OCTETS_IPV4 > end) {
      // The padding of the record before may be missing, too.
      verdicts.stop = new Stop('truncated', `record ${i + 1} of ${count} is cut`, Math.min(p, end));
      return;
    }
    const versionAndSize = view.getUint16(p + V1.versionAndSize);
    const size = versionAndSize & SIZE_MASK;
    const type = view.getUint8(p);
    const fixed = type & TYPE_IPV6 ? V1_OCTETS_IPV6 : V1_OCTETS_IPV4;
    verdicts.stop = wrongRecord(p, versionAndSize, type, fixed, end);
    if (verdicts.stop) return;
    const options = size > fixed ? walkOptions(view, p + fixed, p + size) : NO_OPTIONS;
    if (options instanceof Stop) {
      verdicts.stop = options;
      return;
    }
    if (entered(view, p, options, packet)) {
      if (options.engineData) addEngine(verdicts, options);
      verdicts.records.push(p);
    }
    p += (size + 3) & ~3;
  }
  verdicts.end = Math.min(p, end);
}

function wrongRecord(p: number, versionAndSize: number, type: number, fixed: number, end: number): Stop | null {
  const size = versionAndSize & SIZE_MASK;
  if (p + size > end) return new Stop('record_overrun', `a record of ${size} octets where ${end - p} are left`, p + V1.versionAndSize);
  if (versionAndSize > SIZE_MASK) return new Stop('bad_version', `record version ${versionAndSize >>> 12}`, p + V1.versionAndSize);
  if (type !== 0 && !(type & TYPE_IPV6)) return new Stop('bad_type', `record type ${type}`, p);
  if (size < fixed) return new Stop('truncated', `a record of ${size} octets, ${fixed} are the least`, p + V1.versionAndSize);
  return null;
}

interface Options {
  readonly sequence: boolean;
  readonly engineData: Uint8Array | null;
  readonly engineName: string | null;
  readonly unknownMandatory: number | null;
}

const NO_OPTIONS: Options = { sequence: false, engineData: null, engineName: null, unknownMandatory: null };

/** The TLVs of one record; a Stop when they lose the datagram. */
function walkOptions(view: DataView, from: number, end: number): Options | Stop {
  let { sequence, engineData, engineName } = NO_OPTIONS;
  for (let p = from; p < end; ) {
    if (p + 2 > end) return new Stop('bad_option', 'an option header is cut', p);
    const kind = view.getUint8(p);
    const length = view.getUint8(p + 1);
    const octets = p + 2;
    if (length === 0 || octets + length > end) return new Stop('bad_option', `option ${kind} of ${length} octets`, p);
    p = octets + length;
    switch (kind & ~OPTION_OPTIONAL) {
      case OPTION_SEQUENCE:
        if (sequence || length !== SEQUENCE_OCTETS)
          return new Stop('bad_option', `sequence option of ${length} octets, or a second one`, octets);
        sequence = true;
        break;
      case OPTION_ENGINE_DATA:
        if (engineData) return new Stop('bad_option', 'a second persistence-engine data option', octets);
        engineData = new Uint8Array(view.buffer, view.byteOffset + octets, length);
        break;
      case OPTION_ENGINE_NAME:
        if (engineName !== null || length > ENGINE_NAME_OCTETS)
          return new Stop('bad_option', `persistence-engine name of ${length} octets, or a second one`, octets);
        engineName = utf8.decode(new Uint8Array(view.buffer, view.byteOffset + octets, length));
        break;
      default:
        // The kernel stops reading this record here, so a fault behind it goes unseen.
        if (!(kind & OPTION_OPTIONAL)) return { sequence, engineData, engineName, unknownMandatory: kind };
    }
  }
  return { sequence, engineData, engineName, unknownMandatory: null };
}

function entered(view: DataView, p: number, options: Options, packet: Packet): boolean {
  if (options.unknownMandatory !== null) {
    packet.note('bad_option', `unknown mandatory option ${options.unknownMandatory}: record dropped`);
    return false;
  }
  const template = (view.getUint32(p + V1.flags) & FLAG.template) !== 0;
  if (!knownState(packet, view.getUint8(p + V1.proto), view.getUint16(p + V1.state), template)) return false;
  // The kernel takes the name as a C string.
  if (options.engineData && options.engineName?.split('\0')[0] !== KNOWN_ENGINE) {
    packet.note('bad_option', `persistence-engine data for ${options.engineName ?? 'no engine'}: record dropped`);
    return false;
  }
  return true;
}

function addEngine(verdicts: Verdicts, options: Options): void {
  verdicts.engines ??= new Map();
  verdicts.engines.set(verdicts.records.length, { name: KNOWN_ENGINE, data: (options.engineData as Uint8Array).slice() });
}

/** Records behind the announced ones, if the rest of the message is nothing else; 0 otherwise. */
export function countTail(view: DataView, version: 0 | 1, from: number, end: number): number {
  let p = from;
  let records = 0;
  for (; p < end; records++) {
    if (version === 0) {
      if (p + V0_OCTETS > end || stateCount(view.getUint8(p + V0.proto)) === 0) return 0;
      p += V0_OCTETS + (view.getUint16(p + V0.flags) & SEQUENCE_FLAGS ? SEQUENCE_OCTETS : 0);
    } else {
      if (p + V1_OCTETS_IPV4 > end) return 0;
      const versionAndSize = view.getUint16(p + V1.versionAndSize);
      const type = view.getUint8(p);
      if (wrongRecord(p, versionAndSize, type, type & TYPE_IPV6 ? V1_OCTETS_IPV6 : V1_OCTETS_IPV4, end)) return 0;
      p += (versionAndSize + 3) & ~3;
    }
  }
  // A last record without its padding reaches up to 3 octets further.
  return p - end < 4 ? records : 0;
}
