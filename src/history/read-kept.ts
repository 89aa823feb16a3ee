/** Reads the files of the history, whatever a power cut, a full disk or somebody's hand has left of them. */
import { type ReadCaptureOptions, readCapture } from '../capture/file.ts';
import { OperatorError } from '../errors.ts';
import { type HistorySegment, hasFrames } from './segments.ts';

/** As far as it can be read: one that was removed, is empty, or has lost its beginning has nothing to say. */
export async function readKept(file: HistorySegment, options: ReadCaptureOptions): Promise<void> {
  if (!hasFrames(file)) return;
  try {
    await readCapture(file.path, options);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
  }
}
