import { expect, test } from 'vitest';
import { parseFilter, queryOf, textOfQuery, toggleTerm } from '../../../web/parts/filter.ts';

test.each([
  ['', {}],
  ['   ', {}],
  ['state=ESTABLISHED', { state: 'ESTABLISHED' }],
  ['vip=10.0.0.1:443 client=198.51.100.0/24', { vip: '10.0.0.1:443', client: '198.51.100.0/24' }],
  ['vip=[2001:db8::1]:443&state=FIN_WAIT', { vip: '[2001:db8::1]:443', state: 'FIN_WAIT' }],
  ['state=UDP proto=udp state=NONE', { state: 'UDP,NONE', proto: 'udp' }],
  ['age>=60', { 'age>': '60' }],
  ['client=a=b', { client: 'a=b' }],
  ['client.port=1000..2000', { 'client.port': '1000..2000' }],
  ['client == 10.0.0.0/8', { q: 'client == 10.0.0.0/8' }],
  [' state==CLOSE ', { q: 'state==CLOSE' }],
  ['!(state=CLOSE)', { q: '!(state=CLOSE)' }],
  ['client = 10.0.0.1', { q: 'client = 10.0.0.1' }],
  ['vlan exists', { q: 'vlan exists' }],
  ['age>60', { q: 'age>60' }],
])('“%s” is understood', (text, filter) => expect(parseFilter(text)).toEqual({ filter, fault: null }));

test.each([
  ['state', 'state'],
  ['state=', 'state='],
  ['=ESTABLISHED', '=ESTABLISHED'],
  ['10.0.0.1', '10.0.0.1'],
  ['proto=tcp state', 'state'],
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
  ['vlan EXISTS', 'state', 'UDP', 'vlan EXISTS && state == UDP'],
  ['vlan EXISTS && state == UDP', 'state', 'UDP', 'vlan EXISTS'],
  ['vlan EXISTS && state == UDP', 'state', 'NONE', 'vlan EXISTS && state == NONE'],
  ['vlan == 1 || vlan == 2', 'vip', '[fd00::1]:443', '(vlan == 1 || vlan == 2) && vip == [fd00::1]:443'],
  ['(vlan == 1 || vlan == 2) && vip == 10.0.0.1:80', 'vip', '10.0.0.2:80', '(vlan == 1 || vlan == 2) && vip == 10.0.0.2:80'],
  ['(vlan == 1) or (vlan == 2)', 'proto', 'udp', '((vlan == 1) or (vlan == 2)) && proto == udp'],
])('“%s” with %s=%s clicked is “%s”', (before, field, value, after) => expect(toggleTerm(before, field, value)).toBe(after));

test.each([
  ['', ''],
  ['state=ESTABLISHED', '?state=ESTABLISHED'],
  ['client == 10.0.0.0/8 && age > 1m', '?q=client+%3D%3D+10.0.0.0%2F8+%26%26+age+%3E+1m'],
  ['vip=[2001:db8::1]:443 client=198.51.100.0/24', '?vip=%5B2001%3Adb8%3A%3A1%5D%3A443&client=198.51.100.0%2F24'],
])('“%s” is %s in the address, and back', (text, query) => {
  expect(queryOf(parseFilter(text).filter)).toBe(query);
  expect(textOfQuery(query)).toBe(text);
});

test('an expression beside parameters in the address is one expression', () => {
  expect(textOfQuery('?q=vlan+EXISTS&state=CLOSE,NONE&age%3E=60')).toBe('(vlan EXISTS) && state=[CLOSE,NONE] && age>=60');
});
