/** Tables as `ipvsadm -Lnc` prints them, compared: a backup's kernel and lvscope do not look in the same instant. */

const EXPIRY_TOLERANCE_SECONDS = 2;

/** Rows by everything but their expiry, each with the seconds left, in order. */
export function tableOf(text: string): Map<string, number[]> {
  const table = new Map<string, number[]>();
  for (const line of text.trim().split('\n').slice(2)) {
    const [proto, expire, ...rest] = line.trim().split(/\s+/);
    const [minutes, seconds] = expire.split(':').map(Number);
    const row = [proto, ...rest].join(' ');
    table.set(
      row,
      [...(table.get(row) ?? []), minutes * 60 + seconds].sort((a, b) => a - b),
    );
  }
  return table;
}

/** What differs between two tables, in words; empty when they agree. */
export function differences(ours: Map<string, number[]>, kernel: Map<string, number[]>): string[] {
  const wrong: string[] = [];
  for (const [row, seconds] of kernel) {
    const found = ours.get(row) ?? [];
    // A long kernel timer fires a little late (its wheel is coarse), and the row stands there with 00:00 until then.
    const due = seconds.filter((left) => left > 0);
    if (found.length < due.length) wrong.push(`missing: ${row}`);
    seconds.forEach((left, i) => {
      if (i < found.length && Math.abs(found[i] - left) > EXPIRY_TOLERANCE_SECONDS)
        wrong.push(`expiry: ${row}: ${found[i]} s, the kernel has ${left} s`);
    });
  }
  for (const [row, seconds] of ours) if (seconds.length > (kernel.get(row)?.length ?? 0)) wrong.push(`extra: ${row}`);
  return wrong;
}
