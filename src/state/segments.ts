/** Where frames come from: interface and VLAN. A connection table of its own for each, as a backup bound to that interface has. */
import { MOST_SEGMENTS } from './session-layout.ts';

export interface Segment {
  readonly index: number;
  /** Null when the capture does not say (classic pcap). */
  readonly interface: string | null;
  readonly vlan: number | null;
}

export class Segments {
  readonly all: Segment[] = [];
  /** Frames of segments beyond the bound, treated as of the last one. */
  overflowed = 0;
  private readonly byName = new Map<string, Segment>();

  find(name: string | null, vlan: number | null): Segment {
    const key = `${vlan ?? ''} ${name ?? ''}`;
    const known = this.byName.get(key);
    if (known) return known;
    if (this.all.length > MOST_SEGMENTS) {
      this.overflowed++;
      return this.all[MOST_SEGMENTS];
    }
    const segment = { index: this.all.length, interface: name, vlan };
    this.all.push(segment);
    this.byName.set(key, segment);
    return segment;
  }
}

/** The part of an event's subject that says where. */
export function segmentSubject(segment: Segment): { interface?: string; vlan?: number } {
  return {
    ...(segment.interface === null ? {} : { interface: segment.interface }),
    ...(segment.vlan === null ? {} : { vlan: segment.vlan }),
  };
}
