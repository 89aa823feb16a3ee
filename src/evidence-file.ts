/** The frames behind an event as a capture file that other programs open: pcap, or pcapng where there is an interface to name. */
import { fileHeader, record } from './capture/pcap-writer.ts';
import { pcapngFile } from './capture/pcapng-writer.ts';
import type { EvidenceFile } from './contract/evidence.ts';
import type { KeptFrame } from './state/frame-ring.ts';

/** What tcpdump takes for "whole frames". */
const SNAP_LENGTH = 262_144;

/** @param frames at least one, of one event */
export function evidenceFile(frames: readonly KeptFrame[]): EvidenceFile {
  const [{ linkType }] = frames;
  // Without names and with one link type the older format says all there is, and every program reads it.
  const isPlain = frames.every((frame) => frame.linkType === linkType && frame.interface === null);
  if (!isPlain) return { type: 'application/x-pcapng', extension: 'pcapng', octets: pcapngFile(frames) };
  const octets = Buffer.concat([fileHeader({ linkType, snapLength: SNAP_LENGTH }), ...frames.map(record)]);
  return { type: 'application/vnd.tcpdump.pcap', extension: 'pcap', octets };
}

/** What memory and the store hold of an event's frames, each frame once, in order. */
export function joined(...parts: (readonly KeptFrame[])[]): KeptFrame[] {
  const byNumber = new Map(parts.flat().map((frame) => [frame.number, frame]));
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}
