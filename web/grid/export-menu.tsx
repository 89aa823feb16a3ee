/** The rows elsewhere: copied, as a command, or as a file. */
import { useSignal } from '@preact/signals';
import { copyText } from '../parts/clipboard.ts';
import { Menu } from '../parts/menu.tsx';
import { countText } from '../parts/text.ts';
import { copyForms, curlCommand, fileForms, type ListForm, type ListQuestion, MOST_COPIED, pagePath, wholePath } from './exports.ts';

/** How long it is said what became of it, in milliseconds. */
const TOLD_MILLIS = 4000;

interface ExportMenuProps {
  readonly question: ListQuestion;
  readonly total: number;
}

async function askAs(path: string, type: string): Promise<Response> {
  const response = await fetch(path, { headers: { accept: type } });
  if (!response.ok) throw new Error(`the monitor answers ${response.status}`);
  return response;
}

/** The browser keeps what comes on disk when it is much. */
async function saveAs(question: ListQuestion, { type, extension }: ListForm): Promise<void> {
  const response = await askAs(wholePath(question), type);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = `${question.noun}.${extension}`;
  link.click();
  // The browser has taken hold of it by then.
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function ExportMenu({ question, total }: ExportMenuProps) {
  const told = useSignal('');

  function tell(text: string): void {
    told.value = text;
    window.setTimeout(() => {
      if (told.value === text) told.value = '';
    }, TOLD_MILLIS);
  }

  async function run(work: () => Promise<string>): Promise<void> {
    tell('…');
    tell(await work().catch((error: Error) => error.message));
  }

  const copy = (text: string, what: string) =>
    copyText(text).then((isCopied) => (isCopied ? `copied ${what}` : 'the browser does not copy'));
  const some = total > MOST_COPIED ? `first ${countText(MOST_COPIED)} rows` : 'rows';
  return (
    <>
      <span class="told dim" role="status">
        {told}
      </span>
      <Menu label="copy">
        <p class="dim">copy {some}</p>
        {copyForms(question.noun).map((form) => (
          <button
            key={form.name}
            type="button"
            onClick={() => run(async () => copy(await (await askAs(pagePath(question), form.type)).text(), `as ${form.name}`))}
          >
            {form.name}
          </button>
        ))}
        <button
          type="button"
          onClick={() => run(() => copy(curlCommand(window.location.origin, pagePath(question), 'application/json'), 'the command'))}
        >
          curl command
        </button>
        <p class="dim">all {countText(total)} as a file</p>
        {fileForms(question.noun).map((form) => (
          <button key={form.name} type="button" onClick={() => run(() => saveAs(question, form).then(() => 'saved'))}>
            {form.name}
          </button>
        ))}
      </Menu>
    </>
  );
}
