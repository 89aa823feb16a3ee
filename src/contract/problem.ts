/** Everything a request can be refused for: RFC 9457 problem details, one stable code each. */
import { type Static, Type } from 'typebox';

interface Kind {
  readonly status: number;
  readonly title: string;
}

export const PROBLEMS = {
  bad_parameter: { status: 400, title: 'A query parameter is unknown or has a value that is not accepted' },
  bad_request: { status: 400, title: 'The request cannot be read' },
  unauthorized: { status: 401, title: 'Credentials are missing or not known' },
  forbidden: { status: 403, title: 'The role does not allow this' },
  origin_refused: { status: 403, title: 'Pages of another origin may not ask' },
  not_found: { status: 404, title: 'There is no such thing here' },
  event_not_found: { status: 404, title: 'There is no such event' },
  not_kept: { status: 404, title: 'That moment is not in the history' },
  no_evidence: { status: 404, title: 'No frames are kept for this event' },
  fixed_silence: { status: 409, title: 'This silence stands in the configuration file' },
  not_acceptable: { status: 406, title: 'None of the accepted media types is offered' },
  too_large: { status: 413, title: 'The request is too large' },
  too_long: { status: 414, title: 'The address is too long' },
  host_refused: { status: 421, title: 'This server does not answer to that host name' },
  rate_limited: { status: 429, title: 'Too many requests' },
  busy: { status: 503, title: 'Too many ask this at the moment' },
  too_many_silences: { status: 503, title: 'No room for another silence' },
  too_many_clients: { status: 503, title: 'No room for another live client' },
  internal: { status: 500, title: 'A fault inside the monitor' },
} as const satisfies Readonly<Record<string, Kind>>;

export type ProblemCode = keyof typeof PROBLEMS;
export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'urn:lvscope:problem: and the code' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.Enum(PROBLEM_CODES),
    detail: Type.String(),
    instance: Type.Optional(Type.String({ description: 'path of the request' })),
    parameter: Type.Optional(Type.String()),
    value: Type.Optional(Type.String()),
    expected: Type.Optional(Type.String({ description: 'what the parameter takes' })),
    column: Type.Optional(Type.Integer({ minimum: 1, description: 'of q: where in it, counted from 1' })),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof ProblemSchema>;

/** What the refused parameter was, and what it takes. */
export interface ParameterFault {
  readonly parameter: string;
  readonly value: string;
  readonly expected: string;
  /** Where in an expression, counted from 1. */
  readonly column?: number;
}

/** A request that is refused; caught where it came in and answered with its problem. */
export class Refusal extends Error {
  readonly code: ProblemCode;
  readonly fault: ParameterFault | null;

  constructor(code: ProblemCode, detail: string, fault: ParameterFault | null = null) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
    this.fault = fault;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

const LONGEST_ECHO = 200;

/** @throws Refusal always */
export function refuseParameter(parameter: string, value: string, expected: string): never {
  const shown = value.length > LONGEST_ECHO ? `${value.slice(0, LONGEST_ECHO)}…` : value;
  throw new Refusal('bad_parameter', `${parameter}=${shown} is not accepted: expected ${expected}`, { parameter, value: shown, expected });
}

/** @throws Refusal always */
export function refuseUnknownParameter(parameter: string, value: string, known: readonly string[]): never {
  // `age>` and `age<` are told with `age`.
  const names = known.filter((name) => !/[<>]$/.test(name));
  const expected = `one of the parameters ${names.map((name) => (known.includes(`${name}>`) ? `${name} (also >=, <=)` : name)).join(', ')}`;
  throw new Refusal('bad_parameter', `there is no parameter ${parameter.slice(0, LONGEST_ECHO)}: expected ${expected}`, {
    parameter: parameter.slice(0, LONGEST_ECHO),
    value: value.slice(0, LONGEST_ECHO),
    expected,
  });
}

export function problemOf(refusal: Refusal, instance?: string): Problem {
  const { code, message, fault, status } = refusal;
  const where = instance === undefined ? {} : { instance };
  return { type: `urn:lvscope:problem:${code}`, title: PROBLEMS[code].title, status, code, detail: message, ...where, ...fault };
}
