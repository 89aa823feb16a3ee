/** The findings as text, and the lists of what was heard below them. */
import type { CaptureStatus } from '../../contract/capture.ts';
import { type Daemon, daemonsOf } from '../../contract/daemon.ts';
import { type Group, groupsOf } from '../../contract/group.ts';
import { statusOf } from '../../contract/status.ts';
import { type VirtualRouter, virtualRoutersOf } from '../../contract/vrrp.ts';
import { captureLines, daemonLines, groupLines, vrrpLines } from '../tables.ts';
import type { Finding, Severity } from './finding.ts';
import type { Heard } from './listen.ts';

/** The lists are those of the API. */
export interface HeardLists {
  readonly capture: readonly CaptureStatus[];
  readonly daemons: readonly Daemon[];
  readonly vrrp: readonly VirtualRouter[];
  readonly groups: readonly Group[];
  /** Sentences: what cannot be seen from here, and why. */
  readonly unknown: readonly string[];
}

export function heardLists({ monitor, captures, join }: Heard): HeardLists {
  const nowMicros = monitor.clock.nowMicros ?? 0;
  const blind = captures.flatMap(({ id, cannotSee }) => cannotSee.map((what) => `${id}: ${what}`));
  const unjoined = join ? [] : ['what a switch withholds from ports that have not joined (--no-join)'];
  return {
    capture: captures,
    daemons: daemonsOf(monitor, nowMicros),
    vrrp: virtualRoutersOf(monitor),
    groups: groupsOf(monitor),
    unknown: statusOf(monitor, nowMicros, [...blind, ...unjoined]).unknown,
  };
}

const SEVERITY_WIDTH = 'critical'.length;
const KIND_WIDTH = 24;
const INDENT = ' '.repeat(SEVERITY_WIDTH + 2);

/** What is well needs no explanation. */
export function findingLines({ kind, severity, text, meaning, advice }: Finding): string[] {
  const head = `${severity.padEnd(SEVERITY_WIDTH)}  ${kind.padEnd(KIND_WIDTH)}  ${text}`;
  if (severity === 'ok') return [head];
  return [head, `${INDENT}means: ${meaning}`, ...advice.map((step, i) => `${INDENT}do${advice.length > 1 ? ` ${i + 1}` : ''}: ${step}`)];
}

function section<Item>(title: string, items: readonly Item[], lines: (items: readonly Item[]) => string[]): string[] {
  return items.length === 0 ? [] : ['', title, ...lines(items).map((line) => `  ${line}`)];
}

export function listLines({ capture, daemons, vrrp, groups, unknown }: HeardLists): string[] {
  return [
    ...section('captured', capture, captureLines),
    ...section('connection sync', daemons, daemonLines),
    ...section('VRRP', vrrp, vrrpLines),
    ...section('multicast groups', groups, groupLines),
    ...section('stays unknown', unknown, (all) => [...all]),
  ];
}

const TOLD: readonly Severity[] = ['critical', 'warning', 'unknown', 'info', 'ok'];

export function summaryLine(findings: readonly Finding[]): string {
  const counts = TOLD.map((severity) => `${findings.filter((one) => one.severity === severity).length} ${severity}`);
  return `findings: ${counts.join(', ')}`;
}
