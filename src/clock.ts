/** What time it is for the monitor: the wall's for what is live, the recording's for what is read. */

export interface Clock {
  /** Microseconds since 1970. */
  nowMicros(): number;
  /** A frame of this time was just read. */
  frame(atMicros: number): void;
}

const MICROS = 1000;
/** Frames come out of order by less; further back, the clock that stamped them was set back. */
const DISORDER_MICROS = 2_000_000;

function wallMicros(): number {
  return Date.now() * MICROS;
}

export function wallClock(): Clock {
  return { nowMicros: wallMicros, frame() {} };
}

/** The time of the last frame and what has gone by since, so that sessions age on when a recording is at its end. */
export function recordedClock(speed: number): Clock {
  let last: { readonly atMicros: number; readonly wall: number } | null = null;
  return {
    nowMicros() {
      return last ? last.atMicros + Math.round((wallMicros() - last.wall) * speed) : wallMicros();
    },
    frame(atMicros) {
      const backMicros = last === null ? 0 : last.atMicros - atMicros;
      if (backMicros <= 0 || backMicros > DISORDER_MICROS) last = { atMicros, wall: wallMicros() };
    },
  };
}
