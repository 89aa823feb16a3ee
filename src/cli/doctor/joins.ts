/** The groups that were joined while listening, or were not. */
import { type Finding, found, type Kind } from './finding.ts';
import type { Heard } from './listen.ts';

const MADE: Kind = {
  kind: 'join.made',
  severity: 'ok',
  when: 'the groups could be joined, on an interface that is up',
  meaning: 'Switches that snoop deliver them to this port as long as somebody asks for memberships.',
  advice: [],
};

const REFUSED: Kind = {
  kind: 'join.refused',
  severity: 'warning',
  when: 'a group could not be joined on an interface',
  meaning: 'A switch that snoops withholds it from this port; 224.0.0.0/24 it should pass all the same (RFC 4541 section 2.1.2).',
  advice: [
    'no IPv4 address: give the interface one, any that nobody else has (`ip addr add 192.0.2.1/32 dev IF`)',
    'IPv6: `sysctl net.ipv6.conf.IF.disable_ipv6` must be 0',
    'or have the switch mirror the port of a director to this one: then no join is needed',
  ],
};

const NONE: Kind = {
  kind: 'join.none',
  severity: 'info',
  when: '--no-join was given',
  meaning: 'Nothing at all is sent. What a switch that snoops withholds from ports that have not joined is not heard.',
  advice: ['fine on a mirror port and for 224.0.0.81; for a group outside 224.0.0.0/24 leave --no-join out'],
};

const HELD: Kind = {
  kind: 'join.held_before',
  severity: 'info',
  when: 'another program of this machine had joined a group before',
  meaning: 'Whether a switch withholds it from ports that have not joined cannot be told here.',
  advice: ['nothing, if lvscope or keepalived runs here'],
};

export const JOIN_KINDS = [MADE, REFUSED, NONE, HELD];

/** Whether a group was joined on an interface while we listened. */
export function wasJoined({ join, notJoined }: Heard, name: string, group: string): boolean {
  return join && !notJoined.get(name)?.some((refused) => refused.startsWith(`${group}: `));
}

export function joinFindings(heard: Heard): Finding[] {
  const { join, interfaces, groups, notJoined, heldBefore, captures, capture } = heard;
  if (!join) return [found(NONE, 'no group was joined, as asked (--no-join)')];
  return interfaces.flatMap((name) => {
    const refused = notJoined.get(name) ?? [];
    const made = groups.filter((group) => wasJoined(heard, name, group));
    const held = groups.filter((group) => heldBefore.has(`${name} ${group}`));
    const about = { interface: name };
    const isUp = capture === 'udp' || captures.some((one) => one.interface === name && one.up);
    return [
      ...(isUp && made.length > 0 ? [found(MADE, `${name}: joined ${made.join(', ')}`, about)] : []),
      ...(refused.length > 0 ? [found(REFUSED, `${name}: not joined: ${refused.join('; ')}`, about)] : []),
      ...(held.length > 0 ? [found(HELD, `${name}: joined before by others here: ${held.join(', ')}`, about)] : []),
    ];
  });
}
