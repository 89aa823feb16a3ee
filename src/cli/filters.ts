/** Filters as one types them, to the parameters of the API: FIELD=VALUE, or an expression. */

/** `state=ESTABLISHED`, `age>=60`; not `state == ESTABLISHED`, which is an expression. */
const PARAMETER = /^([A-Za-z][\w.]*[<>]?)=(?![=~])(.*)$/s;

/** Several values of one field mean any of them; several expressions must all hold. */
export function filterParameters(words: readonly string[]): [name: string, value: string][] {
  const fields = new Map<string, string[]>();
  const expressions: string[] = [];
  for (const word of words) {
    const [, name, value] = PARAMETER.exec(word) ?? [];
    if (name === undefined) expressions.push(word);
    else fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  const parameters = [...fields].map(([name, values]): [string, string] => [name, values.join(',')]);
  if (expressions.length === 0) return parameters;
  const whole = expressions.length === 1 ? expressions[0] : expressions.map((one) => `(${one})`).join(' && ');
  return [...parameters, ['q', whole]];
}

/** The words of a line: fields apart by spaces, or, when one of them is no field, all of it as an expression. */
export function filterWords(line: string): string[] {
  const words = line.trim().split(/\s+/).filter(Boolean);
  return words.every((word) => PARAMETER.test(word)) ? words : [line.trim()];
}
