/** The configuration file (`--config`): YAML, checked whole before anything starts; each mistake is told with its line. */
import { readExpected } from './contract/expected.ts';
import type { ShapeProblem } from './contract/shape.ts';
import type { Expected } from './state/expected.ts';
import { readYamlFile } from './yaml-file.ts';

export interface ConfigFile {
  /** Null: the file does not say. */
  readonly expected: Expected | null;
}

type Section<Value> = { readonly value: Value } | { readonly problems: readonly ShapeProblem[] };

const HINT = 'lvscope expect > FILE writes what is seen now as what should be';

/** What each key of the file means. */
const SECTIONS = {
  expected: readExpected,
} as const satisfies { readonly [Key in keyof ConfigFile]: (data: unknown) => Section<ConfigFile[Key]> };
type Key = keyof typeof SECTIONS;
const KEYS = Object.keys(SECTIONS) as Key[];

/** A section, its problems placed from the top of the file; null when the file has none. */
function read<K extends Key>(key: K, data: Readonly<Record<string, unknown>>, problems: ShapeProblem[]): ConfigFile[K] | null {
  if (!Object.hasOwn(data, key)) return null;
  const section = SECTIONS[key](data[key]);
  if ('value' in section) return section.value;
  problems.push(...section.problems.map(({ path, text }) => ({ path: [key, ...path], text })));
  return null;
}

/**
 * @throws OperatorError with exit code 2 and the lines of all that is wrong; 4 when there is no such file
 */
export function readConfigFile(path: string): ConfigFile {
  const file = readYamlFile(path, HINT);
  const data = file.data ?? {};
  const problems: ShapeProblem[] = Object.keys(data)
    .filter((key) => !Object.hasOwn(SECTIONS, key))
    .map((key) => ({ path: [key], text: `no key that is known here; there are: ${KEYS.join(', ')}` }));
  const config: ConfigFile = { expected: read('expected', data, problems) };
  file.refuse(problems);
  return config;
}
