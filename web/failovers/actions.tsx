/** Ways to pass a report on. */
import { useSignal } from '@preact/signals';
import { copyText } from '../parts/clipboard.ts';

interface ActionsProps {
  readonly id: string;
  /** Whether the change has frames to download. */
  readonly hasFrames: boolean;
  /** Made when it is asked for. */
  readonly markdown: () => string;
}

export function Actions({ id, hasFrames, markdown }: ActionsProps) {
  const told = useSignal('');
  const path = encodeURIComponent(id);

  async function copy(what: string, text: string): Promise<void> {
    told.value = (await copyText(text)) ? `${what} copied` : 'the browser does not let this page copy';
  }

  return (
    <p class="actions">
      <button type="button" class="tool" onClick={() => window.print()}>
        print
      </button>
      <button type="button" class="tool" onClick={() => void copy('link', window.location.href)}>
        copy link
      </button>
      <button type="button" class="tool" title="for a ticket or a chat" onClick={() => void copy('Markdown', markdown())}>
        copy as Markdown
      </button>
      {hasFrames && (
        <a class="tool" href={`/api/v1/events/${path}/pcap`} download={`failover-${id}.pcap`}>
          frames (pcap)
        </a>
      )}
      <a class="tool" href={`/api/v1/failovers/${path}`} target="_blank" rel="noreferrer">
        JSON
      </a>
      <span role="status">{told.value}</span>
    </p>
  );
}
