/**
 * The filter language of `q=`: `client == 198.51.100.0/24 && !(state == [CLOSE, TIME_WAIT])`. Parsed here into a tree that
 * knows nothing of fields.
 */
import { MOST_LENGTH, refuseExpression, type Token, tokensOf } from './expression-lexer.ts';
import type { Operand, Order } from './field-kind.ts';

export interface PlacedOperand extends Operand {
  /** Counted from 1. */
  readonly column: number;
}

interface Comparison {
  readonly type: 'compare';
  readonly field: string;
  readonly column: number;
  readonly comparator: Order | '!=';
  /** At least one; the field says any of them. */
  readonly operands: readonly PlacedOperand[];
}

interface Existence {
  readonly type: 'exists';
  readonly field: string;
  readonly column: number;
}

export type Expression =
  | { readonly type: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly type: 'not'; readonly part: Expression }
  | Comparison
  | Existence;

/** What an expression may cost at most. */
export const EXPRESSION_BOUNDS = {
  length: MOST_LENGTH,
  /** Comparisons. */
  terms: 32,
  values: 512,
  /** Parentheses and negations within each other. */
  depth: 32,
} as const;

const COMPARATORS: Readonly<Record<string, Comparison['comparator']>> = {
  '==': '==',
  '=': '==',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const EXISTS = /^exists!?$/i;
const OPERATORS = '==, !=, <, <=, >, >= or EXISTS';

class Parser {
  private readonly expression: string;
  private readonly tokens: readonly Token[];
  private at = 0;
  private terms = 0;
  private operands = 0;
  private depth = 0;

  constructor(expression: string) {
    this.expression = expression;
    this.tokens = tokensOf(expression);
  }

  whole(): Expression {
    const expression = this.either();
    if (this.next.kind !== 'end') this.refuse('&& or ||, or the end');
    return expression;
  }

  private get next(): Token {
    return this.tokens[this.at];
  }

  /** @throws Refusal always */
  private refuse(expected: string, { kind, text, column }: Token = this.next): never {
    const found = kind === 'end' ? 'it ends here' : `there is ${kind === 'quoted' ? JSON.stringify(text) : text}`;
    return refuseExpression(this.expression, column, found.slice(0, 100), expected);
  }

  /** Takes the next token when it is one of these signs or, as a word, that. */
  private took(sign: string, word?: string): boolean {
    const { kind, text } = this.next;
    const taken = (kind === 'sign' && text === sign) || (kind === 'word' && text.toLowerCase() === word);
    if (taken) this.at++;
    return taken;
  }

  private either(): Expression {
    const parts = [this.both()];
    while (this.took('||', 'or')) parts.push(this.both());
    return parts.length === 1 ? parts[0] : { type: 'or', parts };
  }

  private both(): Expression {
    const parts = [this.one()];
    while (this.took('&&', 'and')) parts.push(this.one());
    return parts.length === 1 ? parts[0] : { type: 'and', parts };
  }

  private one(): Expression {
    const start = this.next;
    if (this.took('!', 'not')) return this.deeper(start, () => ({ type: 'not', part: this.one() }));
    if (!this.took('(')) return this.term();
    const inner = this.deeper(start, () => this.either());
    if (!this.took(')')) this.refuse('&&, || or )');
    return inner;
  }

  private deeper(start: Token, parse: () => Expression): Expression {
    if (++this.depth > EXPRESSION_BOUNDS.depth)
      this.refuse(`at most ${EXPRESSION_BOUNDS.depth} parentheses and negations within each other`, start);
    const expression = parse();
    this.depth--;
    return expression;
  }

  private term(): Expression {
    const { kind, text: field, column } = this.next;
    if (kind !== 'word') this.refuse('a field, ! or (');
    if (++this.terms > EXPRESSION_BOUNDS.terms) this.refuse(`at most ${EXPRESSION_BOUNDS.terms} comparisons`);
    this.at++;
    const operator = this.next;
    if (operator.kind === 'word' && EXISTS.test(operator.text)) {
      this.at++;
      return { type: 'exists', field, column };
    }
    if (operator.kind !== 'sign' || !Object.hasOwn(COMPARATORS, operator.text)) this.refuse(`${OPERATORS} after ${field.slice(0, 50)}`);
    this.at++;
    const comparator = COMPARATORS[operator.text];
    const list = this.next;
    const equality = comparator === '==' || comparator === '!=';
    if (equality && list.kind === 'word' && list.text.toUpperCase() === 'EXISTS!') {
      this.at++;
      const exists: Expression = { type: 'exists', field, column };
      return comparator === '==' ? exists : { type: 'not', part: exists };
    }
    if (list.kind === 'sign' && list.text === '[' && !equality) this.refuse(`one value after ${comparator}`);
    return { type: 'compare', field, column, comparator, operands: this.took('[') ? this.list() : [this.operand()] };
  }

  private list(): PlacedOperand[] {
    const operands = [this.operand()];
    while (this.took(',')) operands.push(this.operand());
    if (!this.took(']')) this.refuse(', or ]');
    return operands;
  }

  private operand(): PlacedOperand {
    const { kind, text, column } = this.next;
    if (kind !== 'word' && kind !== 'quoted') this.refuse('a value; quote one with other signs, as in "a b"');
    if (++this.operands > EXPRESSION_BOUNDS.values) this.refuse(`at most ${EXPRESSION_BOUNDS.values} values`);
    this.at++;
    return { text, quoted: kind === 'quoted', column };
  }
}

/** @throws Refusal naming `q`, the column and what was expected there */
export function parseExpression(text: string): Expression {
  return new Parser(text).whole();
}
