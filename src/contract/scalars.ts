/** Scalars that every shape uses: times as RFC 3339 UTC with microseconds, addresses as RFC 5952 text. */
import { Type } from 'typebox';
import { type Address, addressText } from '../../dissectors/address.ts';
import { protoName } from '../../dissectors/ipvs-states.ts';

export const Time = Type.String({ description: 'RFC 3339, UTC, microseconds', examples: ['2026-11-21T05:24:00.000000Z'] });
export const FamilyName = Type.Union([Type.Literal('ipv4'), Type.Literal('ipv6')]);
export const Endpoint = Type.Object({ address: Type.String(), port: Type.Integer({ minimum: 0, maximum: 65535 }) });
/** By their number on the wire; the last for any other. */
export const FORWARD_NAMES = ['masq', 'local', 'tunnel', 'route', 'bypass', 'unknown'] as const;
export type Forward = (typeof FORWARD_NAMES)[number];
export const ForwardName = Type.Enum([...FORWARD_NAMES]);
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export function timeText(micros: number): string {
  const millis = new Date(Math.floor(micros / 1000)).toISOString();
  return `${millis.slice(0, -1)}${String(micros % 1000).padStart(3, '0')}Z`;
}

export function endpoint(address: Address, port: number): { address: string; port: number } {
  return { address: addressText(address), port };
}

export function forwardName(method: number): Forward {
  return FORWARD_NAMES[method] ?? 'unknown';
}

/** `tcp`, `udp`, `sctp`, `ip`; a protocol that only a template can carry as `ip_47`. */
export function protoText(proto: number): string {
  return protoName(proto).toLowerCase();
}
