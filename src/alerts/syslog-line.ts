/** A notification as a message of RFC 5424, with its fields as structured data. */
import type { Notification } from '../contract/alert.ts';
import { FACILITIES } from '../contract/alerting.ts';
import { oneLine } from './plain-text.ts';

/** RFC 5424 section 6.2.1. */
const SEVERITIES: Readonly<Record<string, number>> = { critical: 2, warning: 4, info: 6 };
const NOTICE = 5;
const MOST_HOSTNAME = 255;
const MOST_MSGID = 32;
/** Ours has no number of its own at IANA; this one is reserved for documentation (RFC 5612). */
const SD_ID = 'lvscope@32473';

function printable(text: string, most: number): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, most) || '-';
}

/** Section 6.3.3: these three are escaped. */
function parameter([name, value]: readonly [string, string | number | null]): string {
  return value === null ? '' : ` ${name}="${oneLine(String(value)).replaceAll(/["\\\]]/g, '\\$&')}"`;
}

export function syslogLine(notification: Notification, facility: (typeof FACILITIES)[number], processId: number): string {
  const { id, status, kind, severity, subject, summary, startsAt, endsAt, at, rule, sensor, fingerprint, url } = notification;
  const level = status === 'resolved' ? NOTICE : (SEVERITIES[severity] ?? NOTICE);
  const priority = FACILITIES.indexOf(facility) * 8 + level;
  const fields: (readonly [string, string | number | null])[] = [
    ...Object.entries({ id, status, kind, severity, fingerprint, rule, startsAt, endsAt, url }),
    ...Object.entries(subject),
  ];
  const data = `[${SD_ID}${fields.map(parameter).join('')}]`;
  const header = `<${priority}>1 ${at} ${printable(sensor, MOST_HOSTNAME)} lvscope ${processId} ${printable(kind, MOST_MSGID)}`;
  // The mark says that the text is UTF-8 (section 6.4).
  return `${header} ${data} \ufeff[${status}] ${oneLine(summary)}`;
}
