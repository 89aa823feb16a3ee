/** Standard output that a closed pipe (`| head`) and a slow reader cannot hurt. */
import { once } from 'node:events';

const FLUSH_OCTETS = 64 * 1024;

export interface Output {
  line(text: string): Promise<void>;
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
  return {
    async line(text) {
      buffer += `${text}\n`;
      if (buffer.length > FLUSH_OCTETS) await flush();
    },
    end: flush,
  };
}
