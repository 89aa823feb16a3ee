/** pcapng (draft-ietf-opsawg-pcapng): blocks in sections; every section has its own byte order and interfaces. */
import { Stop } from '../../dissectors/reader.ts';
import { type FormatReader, type FrameSink, LONGEST_RECORD, type Octets, slice } from './format-reader.ts';
import { type MicrosOf, microsOf } from './pcapng-time.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type, length and length again; also all that must be there to know the byte order of a section header. */
const LEAST_BLOCK = 12;
/** A bound against files of nothing but interfaces. */
const MOST_INTERFACES = 4096;
const LONGEST_NAME = 255;
const OPTION = { end: 0, name: 2, timeResolution: 9, timeOffset: 14 } as const;

interface Interface {
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLength: number;
  readonly name: string | null;
  readonly microsOf: MicrosOf;
}

/** A block whose octets are all there: its body is between `body` and `end`. */
interface Block {
  readonly octets: Octets;
  readonly at: number;
  readonly body: number;
  readonly end: number;
  readonly little: boolean;
}

/** The reader for a stream whose first four octets are at `at`; null when no section header begins there. */
export function pcapng(view: DataView, at: number, sink: FrameSink): FormatReader | null {
  return view.getUint32(at, true) === SECTION_HEADER ? blockReader(sink) : null;
}

function blockReader(sink: FrameSink): FormatReader {
  let little = true;
  let needs = LEAST_BLOCK;
  let interfaces: Interface[] = [];
  let lastMicros = 0;

  function interfaceOf(block: Block, id: number): Interface {
    const found = interfaces[id];
    if (!found) throw new Stop('interface_id', `a packet of interface ${id}, and ${interfaces.length} are described`, block.at);
    return found;
  }

  function deliver(block: Block, of: Interface, data: number, captured: number, original: number, atMicros: number): boolean {
    if (captured > block.end - data) throw new Stop('record_length', `a packet claims ${captured} captured octets`, block.at);
    if (!sink.due(atMicros)) return false;
    lastMicros = atMicros;
    sink.frame(slice(block.octets.bytes, data, captured), of.linkType, atMicros, original, of.name);
    return true;
  }

  /** Enhanced and obsolete packet blocks differ in the width of the interface's number only. */
  function timedPacket(block: Block, id: number): boolean {
    const { view } = block.octets;
    const { body } = block;
    const of = interfaceOf(block, id);
    const atMicros = of.microsOf(view.getUint32(body + 4, little), view.getUint32(body + 8, little));
    return deliver(block, of, body + 20, view.getUint32(body + 12, little), view.getUint32(body + 16, little), atMicros);
  }

  /** It has no time: the last one known must do. Its captured length follows from the others (section 4.4). */
  function simplePacket(block: Block): boolean {
    const of = interfaceOf(block, 0);
    const original = block.octets.view.getUint32(block.body, little);
    const data = block.body + 4;
    const captured = Math.min(original, of.snapLength || original, block.end - data);
    return deliver(block, of, data, captured, original, lastMicros);
  }

  /** False when the block is a packet that is not due yet. */
  function readBlock(type: number, block: Block): boolean {
    switch (type) {
      case SECTION_HEADER:
        needBody(block, 16);
        interfaces = [];
        return true;
      case INTERFACE_DESCRIPTION:
        needBody(block, 8);
        if (interfaces.length === MOST_INTERFACES) throw new Stop('interfaces', `more than ${MOST_INTERFACES} interfaces`, block.at);
        interfaces.push(describedInterface(block));
        return true;
      case ENHANCED_PACKET:
        needBody(block, 20);
        return timedPacket(block, block.octets.view.getUint32(block.body, little));
      case OBSOLETE_PACKET:
        needBody(block, 20);
        return timedPacket(block, block.octets.view.getUint16(block.body, little));
      case SIMPLE_PACKET:
        needBody(block, 4);
        return simplePacket(block);
      default:
        return true;
    }
  }

  return {
    get needs() {
      return needs;
    },
    read(octets, from) {
      const { bytes, view } = octets;
      for (let at = from; ; at += needs) {
        needs = LEAST_BLOCK;
        if (bytes.length - at < needs) return at;
        const type = view.getUint32(at, little);
        if (type === SECTION_HEADER) little = isLittle(view, at);
        needs = blockLength(view, at, little);
        if (bytes.length - at < needs) return at;
        const end = at + needs - 4;
        if (view.getUint32(end, little) !== needs) throw new Stop('block_trailer', 'the two lengths of a block differ', at);
        if (!readBlock(type, { octets, at, body: at + 8, end, little })) return at;
      }
    },
  };
}

function isLittle(view: DataView, at: number): boolean {
  if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) return true;
  if (view.getUint32(at + 8, false) === BYTE_ORDER_MAGIC) return false;
  throw new Stop('byte_order', 'a section header without its byte-order magic', at);
}

function blockLength(view: DataView, at: number, little: boolean): number {
  const length = view.getUint32(at + 4, little);
  if (length < LEAST_BLOCK || length % 4 !== 0 || length > LONGEST_RECORD)
    throw new Stop('block_length', `a block claims to be ${length} octets long`, at);
  return length;
}

function needBody(block: Block, octets: number): void {
  if (block.end - block.body < octets)
    throw new Stop('block_short', `a block of ${block.end + 4 - block.at} octets is too short`, block.at);
}

function describedInterface(block: Block): Interface {
  const { view } = block.octets;
  const { body, little } = block;
  let name: string | null = null;
  let resolution = 6;
  let offsetSeconds = 0n;
  for (const { code, at, length } of options(block, body + 8)) {
    if (code === OPTION.name) name = textOf(block.octets.bytes, at, length);
    if (code === OPTION.timeResolution && length >= 1) resolution = view.getUint8(at);
    if (code === OPTION.timeOffset && length >= 8) offsetSeconds = view.getBigInt64(at, little);
  }
  return {
    linkType: view.getUint16(body, little),
    snapLength: view.getUint32(body + 4, little),
    name,
    microsOf: microsOf(resolution, offsetSeconds),
  };
}

function* options({ octets: { view }, end, little }: Block, from: number): Generator<{ code: number; at: number; length: number }> {
  let at = from;
  while (end - at >= 4) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === OPTION.end || length > end - at - 4) return;
    yield { code, at: at + 4, length };
    at += 4 + length + (-length & 3);
  }
}

/** Some writers end the text with a zero octet. */
function textOf(bytes: Uint8Array, at: number, length: number): string | null {
  const text = new TextDecoder().decode(slice(bytes, at, Math.min(length, LONGEST_NAME)));
  return text.replace(/\0.*$/s, '') || null;
}
