import { expect, test } from 'vitest';
import { parseFilter, queryOf, textOfQuery, toggleTerm } from '../../web/filter.ts';

test.each([
  ['', {}],
  ['   ', {}],
  ['state=ESTABLISHED', { state: 'ESTABLISHED' }],
  ['vip=10.0.0.1:443 client=198.51.100.0/24', { vip: '10.0.0.1:443', client: '198.51.100.0/24' }],
  ['vip=[2001:db8::1]:443&state=FIN_WAIT', { vip: '[2001:db8::1]:443', state: 'FIN_WAIT' }],
  ['state=UDP proto=udp state=NONE', { state: 'UDP,NONE', proto: 'udp' }],
  ['age>=60', { 'age>': '60' }],
  ['client=a=b', { client: 'a=b' }],
])('“%s” is understood', (text, filter) => expect(parseFilter(text)).toEqual({ filter, fault: null }));

test.each([
  ['state', 'state'],
  ['state=', 'state='],
  ['=ESTABLISHED', '=ESTABLISHED'],
  ['10.0.0.1', '10.0.0.1'],
  ['proto=tcp state ==', 'state'],
])('“%s” is refused for “%s”', (text, term) => {
  expect(parseFilter(text).fault).toContain(`“${term}”`);
});

test('terms beside a bad one still count', () => {
  expect(parseFilter('proto=tcp oops').filter).toEqual({ proto: 'tcp' });
});

test.each([
  ['', 'state', 'UDP', 'state=UDP'],
  ['vip=10.0.0.1:80', 'state', 'UDP', 'vip=10.0.0.1:80 state=UDP'],
  ['state=UDP vip=10.0.0.1:80', 'state', 'NONE', 'vip=10.0.0.1:80 state=NONE'],
  ['vip=10.0.0.1:80 state=UDP', 'state', 'UDP', 'vip=10.0.0.1:80'],
])('“%s” with %s=%s clicked is “%s”', (before, field, value, after) => expect(toggleTerm(before, field, value)).toBe(after));

test.each([
  ['', ''],
  ['state=ESTABLISHED', '?state=ESTABLISHED'],
  ['vip=[2001:db8::1]:443 client=198.51.100.0/24', '?vip=%5B2001%3Adb8%3A%3A1%5D%3A443&client=198.51.100.0%2F24'],
])('“%s” is %s in the address, and back', (text, query) => {
  expect(queryOf(parseFilter(text).filter)).toBe(query);
  expect(textOfQuery(query)).toBe(text);
});
