/**
 * Connection states and their default timeouts as IPVS has them (kernel net/netfilter/ipvs: ip_vs_proto_tcp.c,
 * ip_vs_proto_udp.c, ip_vs_proto_sctp.c, ip_vs_conn.c). The number on the wire is the index here.
 */

interface State {
  /** As `ipvsadm -Lnc` prints it. */
  readonly name: string;
  readonly timeoutSeconds: number;
}

const state = (name: string, timeoutSeconds: number): State => ({ name, timeoutSeconds });

const TCP: readonly State[] = [
  state('NONE', 2),
  state('ESTABLISHED', 900),
  state('SYN_SENT', 120),
  state('SYN_RECV', 60),
  state('FIN_WAIT', 120),
  state('TIME_WAIT', 120),
  state('CLOSE', 10),
  state('CLOSE_WAIT', 60),
  state('LAST_ACK', 30),
  state('LISTEN', 120),
  state('SYNACK', 120),
];
const UDP: readonly State[] = [state('UDP', 300)];
/** Kernels since the 2013 rewrite. */
const SCTP: readonly State[] = [
  state('NONE', 2),
  state('INIT1', 4),
  state('INIT', 61),
  state('C-SENT', 61),
  state('C-REPLIED', 61),
  state('C-WAIT', 61),
  state('COOKIE', 61),
  state('C-ECHOED', 61),
  state('ESTABLISHED', 900),
  state('S-SENT', 61),
  state('S-RECEIVED', 61),
  state('S-ACK-SENT', 61),
  state('REJECTED', 4),
  state('CLOSED', 61),
];
/** IPsec has one state without a name or a timeout: no director makes such a session, yet a backup enters one. */
const IPSEC: readonly State[] = [state('ERR!', 180)];
const TEMPLATE_NAMES = ['NONE', 'ASSURED'] as const;

export const IPPROTO_IP = 0;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_SCTP = 132;
const IPPROTO_ESP = 50;
const IPPROTO_AH = 51;

/** What the kernel gives a template, or a protocol without a table, when the message carries no timeout. */
export const FALLBACK_TIMEOUT_SECONDS = 180;

/** States by protocol number; undefined for one that IPVS has not registered. */
function statesOf(proto: number): readonly State[] | undefined {
  if (proto === IPPROTO_TCP) return TCP;
  if (proto === IPPROTO_UDP) return UDP;
  if (proto === IPPROTO_SCTP) return SCTP;
  if (proto === IPPROTO_ESP || proto === IPPROTO_AH) return IPSEC;
  return undefined;
}

/** Number of states of a protocol (kernel `num_states`), 0 for an unknown one: a record outside is dropped. */
export function stateCount(proto: number): number {
  return statesOf(proto)?.length ?? 0;
}

/** Kernel `ip_vs_state_name()`. */
export function stateName(proto: number, template: boolean, number: number): string {
  if (template) return TEMPLATE_NAMES[number] ?? 'ERR!';
  return statesOf(proto)?.[number]?.name ?? (proto === IPPROTO_IP ? 'NONE' : 'ERR!');
}

/** The timeout for a record that carries none: v0 always, v1 when the field is 0. */
export function defaultTimeoutSeconds(proto: number, template: boolean, number: number): number {
  const found = template ? undefined : statesOf(proto)?.[number];
  return found?.timeoutSeconds ?? FALLBACK_TIMEOUT_SECONDS;
}

/** Kernel `ip_vs_proto_name()`. */
export function protoName(proto: number): string {
  if (proto === IPPROTO_TCP) return 'TCP';
  if (proto === IPPROTO_UDP) return 'UDP';
  if (proto === IPPROTO_SCTP) return 'SCTP';
  if (proto === IPPROTO_IP) return 'IP';
  if (proto === 1) return 'ICMP';
  if (proto === 58) return 'ICMPv6';
  return `IP_${proto}`;
}

/** Every state name that `ipvsadm -Lnc` can print, once. */
export const STATE_NAMES: readonly string[] = [...new Set([...TCP, ...UDP, ...SCTP].map((s) => s.name).concat(TEMPLATE_NAMES, 'ERR!'))];
