/** The rows elsewhere: copied, as a command, or as a file. */
import { copied } from '../parts/clipboard.ts';
import { Menu } from '../parts/menu.tsx';
import { countText } from '../parts/text.ts';
import { useTold } from '../parts/use-told.ts';
import { askAs, copyForms, curlCommand, fileForms, type ListForm, type ListQuestion, MOST_COPIED, pagePath, wholePath } from './exports.ts';

interface ExportMenuProps {
  readonly question: ListQuestion;
  readonly total: number;
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
  const { told, run } = useTold();
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
            onClick={() => run(async () => copied(await (await askAs(pagePath(question), form.type)).text(), `as ${form.name}`))}
          >
            {form.name}
          </button>
        ))}
        <button
          type="button"
          onClick={() => run(() => copied(curlCommand(window.location.origin, pagePath(question), 'application/json'), 'the command'))}
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
