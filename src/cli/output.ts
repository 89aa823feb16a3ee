/** Standard output that a closed pipe (`| head`) and a slow reader cannot hurt. */
import { once } from 'node:events';
import { printable, printableJson } from './printable.ts';

const FLUSH_OCTETS = 64 * 1024;

export interface Output {
  /** Never a wrong one for the terminal: what could steer it is escaped. */
  line(text: string): Promise<void>;
  /** A line as it is, for what has been made printable and perhaps coloured since. */
  raw(line: string): Promise<void>;
  json(value: unknown, before?: string): Promise<void>;
  end(): Promise<void>;
}

export function createOutput(stream: NodeJS.WriteStream = process.stdout): Output {
  let buffer = '';
  let closed = false;
  // `| head` closes the pipe: the rest is wanted by nobody.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
  async function flush(): Promise<void> {
    const text = buffer;
    buffer = '';
    if (text === '' || closed) return;
    if (!stream.write(text)) await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
  }
  async function raw(line: string): Promise<void> {
    buffer += `${line}\n`;
    if (buffer.length > FLUSH_OCTETS) await flush();
  }
  return {
    line: (text) => raw(printable(text)),
    raw,
    json: (value, before = '') => raw(before + printableJson(value)),
    end: flush,
  };
}
