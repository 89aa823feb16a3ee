/** Something that must hold does not. The text says what, without figures that differ from input to input. */
export class Broken extends Error {}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}
