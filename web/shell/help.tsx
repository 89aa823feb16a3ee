/** The keys, as a dialog: `?`. */
import { useRef } from 'preact/hooks';
import { usePageKeys } from './keys.ts';
import { NAVIGATION } from './navigation.tsx';

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'to the filter'],
  ['j k h l', 'move through the table; arrows, PageUp, PageDown, Home and End too'],
  ['g g, G', 'first and last row'],
  ['Enter', 'filter by the value, or open the row'],
  ['Space', 'details of the row'],
  ['Esc', 'leave the filter, close, clear'],
  ['+ - 0', 'VRRP: zoom in, out, the whole range; Ctrl and the wheel, or drawing, zoom too'],
  ['← →', 'VRRP: earlier, later; Shift and drawing too'],
  ['p', 'pause: the rows stand still; again: go on'],
  ['f', 'freeze: all of the page shows this moment'],
  ['[ ]', 'a second back, forward'],
  ['{ }', 'a minute back, forward'],
  ['< >', 'to the event before, after'],
  ['.', 'back to live'],
  ['t', 'theme: as the system, dark, light'],
  ['?', 'these keys'],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = () => dialog.current?.showModal();

  usePageKeys((key) => {
    if (key === '?') open();
    return key === '?';
  });

  return (
    <>
      <button type="button" class="tool" aria-label="keys" title="keys (?)" onClick={open}>
        ?
      </button>
      <dialog ref={dialog} class="help" aria-labelledby="help-title">
        <h2 id="help-title">Keys</h2>
        <dl>
          {[...KEYS, ...NAVIGATION.map(({ title, key }) => [`g ${key}`, title] as const)].map(([keys, does]) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <p>
          <a href="/docs">The API</a>, <a href="/metrics">metrics</a>
        </p>
        <form method="dialog">
          <button type="submit" class="tool">
            close
          </button>
        </form>
      </dialog>
    </>
  );
}
