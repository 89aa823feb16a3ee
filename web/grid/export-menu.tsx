/** The rows elsewhere: copied, as a command, or as a file. */
import { copied } from '../parts/clipboard.ts';
import { Menu } from '../parts/menu.tsx';
import { countText } from '../parts/text.ts';
import { useTold } from '../parts/use-told.ts';
import { copyForms, curlCommand, fileForms, type ListQuestion, MOST_COPIED, pagePath, textAt, wholePath } from './exports.ts';

interface ExportMenuProps {
  readonly question: ListQuestion;
  readonly total: number;
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
            onClick={() => run(async () => copied(await textAt(pagePath(question, form.format)), `as ${form.name}`))}
          >
            {form.name}
          </button>
        ))}
        <button
          type="button"
          onClick={() => run(() => copied(curlCommand(window.location.origin, pagePath(question, 'json')), 'the command'))}
        >
          curl command
        </button>
        <p class="dim">all {countText(total)} as a file</p>
        {fileForms(question.noun).map((form) => (
          <a key={form.name} href={wholePath(question, form.format)} download={`${question.noun}.${form.extension}`}>
            {form.name}
          </a>
        ))}
      </Menu>
    </>
  );
}
