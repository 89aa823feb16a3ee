/** The JSON of Slack's incoming webhooks, which Mattermost and Rocket.Chat take too. */
import type { Notification } from '../contract/alert.ts';
import type { ReceiverConfig } from '../contract/alerting.ts';
import { postJson } from './http-post.ts';
import { oneLine } from './plain-text.ts';
import { readSecret } from './secret-file.ts';
import { failed, type Outcome } from './target.ts';

type SlackConfig = NonNullable<ReceiverConfig['slack']>;

const COLORS = { critical: '#d00000', warning: '#e8a000', info: '#808080' } as const;
const CALM = '#2e9e4f';

/** The three characters that have a meaning there. */
function escaped(text: string): string {
  return oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function slackBody({ status, severity, kind, summary, meaning, advice, sensor, url, startsAt }: Notification): string {
  const title = `[${status}] ${severity} ${kind}: ${summary}`;
  const text = [meaning, advice].flatMap((sentence) => (sentence === null ? [] : [escaped(sentence)])).join('\n');
  const color = status === 'resolved' ? CALM : COLORS[severity as keyof typeof COLORS];
  const footer = escaped(`${sensor}, since ${startsAt}`);
  return JSON.stringify({ text: escaped(title), attachments: [{ color, text, title: 'lvscope', title_link: url, footer }] });
}

export async function sendSlack({ url, urlFile }: SlackConfig, notification: Notification, stop: AbortSignal): Promise<Outcome> {
  const address = url ?? readSecret(urlFile ?? '');
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) return failed(`${urlFile} has no URL in it`);
  return postJson(address, slackBody(notification), {}, stop);
}
