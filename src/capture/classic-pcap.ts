/** Classic pcap (draft-ietf-opsawg-pcap section 4 and 5): a file header of 24 octets, then records with a header of 16. */
import { Stop } from '../../dissectors/reader.ts';
import { type FormatReader, type FrameSink, LONGEST_RECORD, type Octets, slice } from './format-reader.ts';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Alexey Kuznetzov's patched libpcap adds interface index, protocol and packet type to each record. */
const MODIFIED_RECORD_HEADER = 24;
/** The upper bits of the link type word hold the length of the frame check sequence. */
const LINK_TYPE_MASK = 0x03ffffff;

interface Variant {
  readonly recordHeader: number;
  /** Units of the record's fraction of a second in one microsecond. */
  readonly unitsPerMicro: number;
}

const variants: ReadonlyMap<number, Variant> = new Map([
  [0xa1b2c3d4, { recordHeader: RECORD_HEADER, unitsPerMicro: 1 }],
  [0xa1b23c4d, { recordHeader: RECORD_HEADER, unitsPerMicro: 1000 }],
  [0xa1b2cd34, { recordHeader: MODIFIED_RECORD_HEADER, unitsPerMicro: 1 }],
]);

/** The reader for a stream whose first four octets are at `at`; null when they are no magic number of classic pcap. */
export function classicPcap(view: DataView, at: number, sink: FrameSink): FormatReader | null {
  for (const little of [true, false]) {
    const variant = variants.get(view.getUint32(at, little));
    if (variant) return classicReader(variant, little, sink);
  }
  return null;
}

function classicReader({ recordHeader, unitsPerMicro }: Variant, little: boolean, sink: FrameSink): FormatReader {
  let linkType: number | null = null;
  let needs = FILE_HEADER;

  function readHeader({ view }: Octets, at: number): number {
    if (view.byteLength - at < FILE_HEADER) return at;
    linkType = view.getUint32(at + 20, little) & LINK_TYPE_MASK;
    needs = recordHeader;
    return at + FILE_HEADER;
  }

  function readRecords({ bytes, view }: Octets, from: number, link: number): number {
    const end = bytes.length;
    for (let at = from; ; at += needs) {
      needs = recordHeader;
      if (end - at < needs) return at;
      const captured = view.getUint32(at + 8, little);
      if (captured > LONGEST_RECORD) throw new Stop('record_length', `a record claims ${captured} captured octets`, at);
      needs += captured;
      if (end - at < needs) return at;
      const atMicros = view.getUint32(at, little) * 1e6 + Math.floor(view.getUint32(at + 4, little) / unitsPerMicro);
      if (!sink.due(atMicros)) return at;
      sink.frame(slice(bytes, at + recordHeader, captured), link, atMicros, view.getUint32(at + 12, little), null);
    }
  }

  return {
    get needs() {
      return needs;
    },
    read(octets, from) {
      const at = linkType === null ? readHeader(octets, from) : from;
      return linkType === null ? at : readRecords(octets, at, linkType);
    },
  };
}
