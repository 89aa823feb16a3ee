/** The configuration file (`--config`): YAML, checked whole before anything starts; each mistake is told with its line. */
import { secretProblems } from './alerts/secret-file.ts';
import { type AccessRules, readAccess } from './contract/access.ts';
import { type Alerting, readAlerting } from './contract/alerting.ts';
import { readExpected } from './contract/expected.ts';
import { type HistoryBounds, readHistory } from './contract/history.ts';
import type { ShapeProblem } from './contract/shape.ts';
import type { Expected } from './state/expected.ts';
import { readYamlFile } from './yaml-file.ts';

export interface ConfigFile {
  readonly path: string;
  /** Null: the file does not say. */
  readonly expected: Expected | null;
  readonly history: HistoryBounds | null;
  readonly alerts: Alerting | null;
  readonly access: AccessRules | null;
}

type Section<Value> = { readonly value: Value } | { readonly problems: readonly ShapeProblem[] };

const HINT = 'lvscope expect > FILE writes what is seen now as what should be';

const KEYS = ['expected', 'history', 'alerts', 'access'] as const satisfies readonly Exclude<keyof ConfigFile, 'path'>[];

/** Files that cannot be read are mistakes like any other, and told with them. */
function readAlerts(data: unknown): Section<Alerting> {
  const found = readAlerting(data);
  const problems = [...('problems' in found ? found.problems : []), ...secretProblems(data)];
  return problems.length > 0 ? { problems } : found;
}

/**
 * @throws OperatorError with exit code 2 and the lines of all that is wrong; 4 when there is no such file
 */
export function readConfigFile(path: string): ConfigFile {
  const file = readYamlFile(path, HINT);
  const data = file.data ?? {};
  const problems: ShapeProblem[] = Object.keys(data)
    .filter((key) => !KEYS.some((known) => known === key))
    .map((key) => ({ path: [key], text: `no key that is known here; there are: ${KEYS.join(', ')}` }));
  /** Its problems are placed from the top of the file; null when the file has no such section. */
  function section<Value>(key: (typeof KEYS)[number], read: (value: unknown) => Section<Value>): Value | null {
    if (!Object.hasOwn(data, key)) return null;
    const found = read(data[key]);
    if ('value' in found) return found.value;
    problems.push(...found.problems.map((problem) => ({ ...problem, path: [key, ...problem.path] })));
    return null;
  }
  const config: ConfigFile = {
    path,
    expected: section('expected', readExpected),
    history: section('history', readHistory),
    alerts: section('alerts', readAlerts),
    access: section('access', readAccess),
  };
  file.refuse(problems);
  return config;
}
