/**
 * A mistake made on purpose: a dissector of an option list that trusts a length. The fuzzer must find it, behind two
 * conditions that no frame of the corpus meets.
 */
import type { Dissect } from './targets.ts';

const ETHERNET = 1;
const SOURCE_AT = 6;
const HEADER = 14;

/** @param dissect the real one, told of every frame besides */
export const withPlanted =
  (dissect: Dissect): Dissect =>
  (frame, options) => {
    const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.length);
    if (frame.linkType === ETHERNET && view.byteLength > HEADER) readOptions(view);
    return dissect(frame, options);
  };

function readOptions(view: DataView): void {
  const isGroup = (view.getUint8(SOURCE_AT) & 1) === 1;
  if (!isGroup) return;
  if (view.getUint8(SOURCE_AT + 1) < 0xf0) return;
  // What is missing: does the option end within the frame?
  view.getUint8(HEADER + view.getUint8(HEADER));
}
