/** What the lists of alerts, receivers and silences can be filtered by. */
import type { Alert, Receiver } from './alert.ts';
import { ADDRESS_KIND, TIME_KIND, textKind, VLAN_KIND, wholeKind, wordKind } from './field-kind.ts';
import { type ItemList, says } from './item-list.ts';
import type { Silence } from './silence.ts';
import { SEVERITIES } from './subject.ts';

const TEXT = textKind();
const WHOLE = wholeKind();
const FLAG = wordKind(['true', 'false']);

export const ALERTS: ItemList<Alert> = {
  fields: {
    kind: says(TEXT, ({ kind }) => kind, { about: 'of the event or anomaly' }),
    severity: says(wordKind(SEVERITIES, { ordered: true }), ({ severity }) => severity, { about: 'how grave it is' }),
    state: says(wordKind(['firing', 'resolved']), ({ state }) => state, { about: 'whether it is so now' }),
    told: says(wordKind(['nothing', 'firing', 'resolved', 'flapping']), ({ told }) => told, { about: 'what the receivers know' }),
    flapping: says(FLAG, ({ flapping }) => flapping, { about: 'whether it comes and goes' }),
    rule: says(TEXT, ({ rule }) => rule, { about: 'the rule that decides' }),
    receiver: says(TEXT, ({ receivers }) => receivers, { about: 'any of those that are told', aliases: ['receivers'] }),
    suppressedBy: says(TEXT, ({ suppressedBy }) => suppressedBy, { about: 'id of the silence that keeps it quiet', optional: true }),
    vrid: says(WHOLE, ({ subject }) => subject.vrid, { about: 'virtual router', optional: true }),
    address: says(ADDRESS_KIND, ({ subject }) => subject.address, { about: 'address it is about', optional: true }),
    interface: says(TEXT, ({ subject }) => subject.interface, { about: 'where it was seen', optional: true }),
    vlan: says(VLAN_KIND, ({ subject }) => subject.vlan, { about: 'VLAN id of its frames', optional: true }),
    startsAt: says(TIME_KIND, ({ startsAt }) => startsAt, { about: 'when it began' }),
  },
  idOf: ({ id }) => id,
};

export const RECEIVERS: ItemList<Receiver> = {
  fields: {
    receiver: says(TEXT, ({ receiver }) => receiver, { about: 'its name' }),
    kind: says(wordKind(['webhook', 'slack', 'alertmanager', 'syslog']), ({ kind }) => kind, { about: 'what it takes' }),
    waiting: says(WHOLE, ({ waiting }) => waiting, { about: 'notifications not delivered yet' }),
  },
  idOf: ({ id }) => id,
};

export const SILENCES: ItemList<Silence> = {
  fields: {
    origin: says(wordKind(['api', 'silence', 'maintenance']), ({ origin }) => origin, { about: 'where it was set' }),
    active: says(FLAG, ({ active }) => active, { about: 'whether it holds now' }),
  },
  idOf: ({ id }) => id,
};
