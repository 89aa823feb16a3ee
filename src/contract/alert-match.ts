/** Which alerts a rule, a silence or a maintenance window is about. */
import { type Static, Type } from 'typebox';
import { addressText } from '../../dissectors/address.ts';
import { parseAddress } from './address-text.ts';
import { ANOMALY_KINDS } from './anomaly.ts';
import { EVENT_KINDS } from './event.ts';
import { FamilyName } from './scalars.ts';
import { SEVERITIES } from './subject.ts';

/** All that an alert can be of. */
const ALERT_KINDS: readonly string[] = [...new Set([...EVENT_KINDS, ...ANOMALY_KINDS])].sort();

/** A string with a rule of its own; what is no string is told by its type. */
export function Text(accepts: (text: string) => boolean, error: (text: string) => string, description = '') {
  const check = (value: unknown): boolean => typeof value !== 'string' || accepts(value);
  return Type.Refine(Type.String({ description }), check, (value) => error(String(value)));
}

/** `*` stands for any characters. */
export function kindPattern(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.^$+?()[\]{}|\\]/g, '\\$&'))
      .join('.*')}$`,
  );
}

const isKind = (pattern: string): boolean => ALERT_KINDS.some((kind) => kindPattern(pattern).test(kind));
const KindPattern = Text(isKind, (text) => `${text} is no kind of event or anomaly: docs/events.md and docs/anomalies.md list them`);
const AddressText = Text(
  (text) => parseAddress(text) !== null,
  (text) => `${text} is no IP address`,
);

const listOf = <Item extends Parameters<typeof Type.Array>[0]>(item: Item, description: string) =>
  Type.Optional(Type.Array(item, { minItems: 1, description }));

export const MatchSchema = Type.Object(
  {
    kind: listOf(KindPattern, 'as in vrrp.master_lost or vrrp.*'),
    severity: Type.Optional(Type.Enum([...SEVERITIES], { description: 'at least' })),
    vrid: listOf(Type.Integer({ minimum: 1, maximum: 255 }), 'virtual router'),
    family: Type.Optional(FamilyName),
    address: listOf(AddressText, 'of whom it is about'),
    vip: listOf(AddressText, 'address of the virtual router that it is about'),
    interface: listOf(Type.String(), 'where it was seen'),
    vlan: listOf(Type.Integer({ minimum: 0, maximum: 4095 }), 'where it was seen'),
  },
  { additionalProperties: false, description: 'several values of a key mean any of them, several keys all of them' },
);
/** Several values of a key mean any of them, several keys all of them; none at all matches everything. */
export type Match = Static<typeof MatchSchema>;

const LISTS = ['kind', 'vrid', 'address', 'vip', 'interface', 'vlan'] as const;

/** A value that stands for a list of one, as people write it; what is no match stays as it is. */
export function listed(match: unknown): unknown {
  if (match === null || typeof match !== 'object' || Array.isArray(match)) return match;
  const lists = Object.entries(match).map(([key, value]: [string, unknown]) => {
    const isList = LISTS.some((list) => list === key) && !Array.isArray(value);
    return [key, isList ? [value] : value];
  });
  return Object.fromEntries(lists);
}

/** Addresses as everything else here writes them. @param match held against the schema */
export function canonical(match: Match): Match {
  const written = (texts: readonly string[]) => texts.map((text) => addressText(parseAddress(text) ?? 0));
  return {
    ...match,
    ...(match.address ? { address: written(match.address) } : {}),
    ...(match.vip ? { vip: written(match.vip) } : {}),
  };
}
