/** What every router said last, a column each. */
import type { ComponentChildren } from 'preact';
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import { countText, durationText, secondsSince } from '../parts/text.ts';
import { tickText } from './range.ts';

type Member = VirtualRouter['routers'][number];

const ROLES = {
  master: ['●', 'master', 'tone-up'],
  backup: ['○', 'backup', ''],
  silent_backup: ['◌', 'silent backup', 'tone-opening'],
  unknown: ['?', 'unknown', 'dim'],
} as const;

function Role({ role }: Pick<Member, 'role'>) {
  const [icon, word, tone] = ROLES[role];
  return (
    <span class={tone}>
      {icon} {word}
    </span>
  );
}

/** Centiseconds as seconds. */
const secondsText = (centiseconds: number | null): string | null => (centiseconds === null ? null : `${(centiseconds / 100).toFixed(2)} s`);

const ROWS: readonly (readonly [title: string, about: string, value: (member: Member, nowMillis: number) => ComponentChildren])[] = [
  ['role', 'what it is now', ({ role }) => <Role role={role} />],
  ['priority', 'of its last advert; 0: it resigned', ({ priority }) => priority],
  ['interval', 'Advertisement_Interval', ({ intervalCentiseconds }) => secondsText(intervalCentiseconds)],
  ['skew', 'Skew_Time by its priority', ({ skewCentiseconds }) => secondsText(skewCentiseconds)],
  [
    'master down',
    'Master_Down_Interval: so long a silence, and it takes over',
    ({ masterDownCentiseconds }) => secondsText(masterDownCentiseconds),
  ],
  ['adverts', 'heard of it', ({ adverts }) => countText(adverts)],
  ['late', 'adverts more than 1.5, 2 and 3 intervals after the one before', ({ lateAdverts }) => lateAdverts.map(countText).join(' / ')],
  ['jitter', 'smoothed deviation from its interval', ({ jitterMilliseconds: ms }) => (ms === null ? null : `${ms.toFixed(1)} ms`)],
  [
    'last advert',
    'when, and how long ago',
    ({ lastAdvert }, nowMillis) =>
      lastAdvert && (
        <time dateTime={lastAdvert} title={lastAdvert}>
          {tickText(Date.parse(lastAdvert), 1000)} <span class="dim">{durationText(secondsSince(lastAdvert, nowMillis))}</span>
        </time>
      ),
  ],
  ['authentication', 'as its adverts carry it', ({ authentication }) => authentication],
  ['checksum', 'which of the dialects it follows', ({ checksum }) => checksum],
  ['TTL', '255, or it came through a router', ({ ttl }) => ttl],
  ['MAC', 'the sender of its frames', ({ mac }) => mac],
  [
    'addresses',
    'virtual addresses, as it announced them last',
    ({ addresses }) => addresses.map((address) => <div key={address}>{address}</div>),
  ],
];

const isNothing = (value: ComponentChildren): boolean => value === null || (Array.isArray(value) && value.length === 0);

export function Members({ router, nowMillis }: { router: VirtualRouter; nowMillis: number }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keys
    <section class="scroll router-said" tabIndex={0} aria-label="what each router said last">
      <table>
        <thead>
          <tr>
            <td />
            {router.routers.map(({ address }) => (
              <th key={address} scope="col" class="value">
                {address}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([title, about, value]) => (
            <tr key={title}>
              <th scope="row" title={about}>
                {title}
              </th>
              {router.routers.map((member) => {
                const shown = value(member, nowMillis);
                return <td key={member.address}>{isNothing(shown) ? <span class="dim">–</span> : shown}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
