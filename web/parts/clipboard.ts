/** The clipboard, also where the browser keeps its own interface for pages of https. */

/** Says what became of it. */
export async function copied(text: string, what: string): Promise<string> {
  return (await copyText(text)) ? `copied ${what}` : 'the browser does not copy';
}

/** Whether the text is there now. */
export async function copyText(text: string): Promise<boolean> {
  try {
    if (!navigator.clipboard) return copyBySelection(text);
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** What pages did before there was an interface for it. */
function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return isCopied;
}
