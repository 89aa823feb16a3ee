/** What one sync datagram alone shows to be wrong, by the notes and faults of its dissector. */
import { addressText, macText } from '../../../dissectors/address.ts';
import type { Rule, RuleSet } from '../rule.ts';
import { segmentSubject } from '../segments.ts';
import { Budget } from './budget.ts';

const QUIET_SECONDS = 300;
/** Anybody can send wrong datagrams; so many findings a second are enough. */
const MOST_A_SECOND = 200;

function rule(name: string, severity: Rule['severity'], says: Pick<Rule, 'rule' | 'meaning' | 'advice'>): Rule {
  return { kind: `ipvs.${name}`, severity, ...says, needs: ['sync'], quietSeconds: QUIET_SECONDS };
}

const LOST = 'A backup drops the rest of the datagram, or all of it: the sessions in it do not reach the other director.';
const DAMAGED = 'Compare the kernels of the directors, and look for other programs that send to this group and port.';

const sizeMismatch = rule('size_mismatch', 'warning', {
  rule: 'the size in the header of a sync message is not the length of the UDP payload, or is so with its octets swapped',
  meaning: 'A backup drops the whole message. With swapped octets the sender is a very old kernel on a little-endian machine.',
  advice: 'Update the kernel of a sender that swaps the octets; otherwise look for other programs that send to this group and port.',
});
const truncated = rule('truncated', 'warning', {
  rule: 'a record is cut by the end of the message, or gives a size below that of its fixed part',
  meaning: LOST,
  advice: DAMAGED,
});
const recordOverrun = rule('record_overrun', 'warning', {
  rule: 'the size of a record reaches past the end of the message',
  meaning: LOST,
  advice: DAMAGED,
});
const badVersion = rule('bad_version', 'warning', {
  rule: 'a message that is neither version 1 nor a version 0 message with records, or a record whose version is not 0',
  meaning: 'A newer or foreign format: this kernel generation reads none of it, so those sessions would not survive a failover.',
  advice: 'Run kernels of one generation on both directors, and look for other programs that send to this group and port.',
});
const badType = rule('bad_type', 'warning', {
  rule: 'a record whose type is neither IPv4 (0) nor IPv6 (1)',
  meaning: LOST,
  advice: DAMAGED,
});
const badOption = rule('bad_option', 'warning', {
  rule: 'an option of a record is empty, cut, given twice, of the wrong length or unknown and mandatory, or its persistence engine is unknown',
  meaning: 'A backup drops the record or the rest of the datagram: those sessions or their persistence are missing after a failover.',
  advice: 'Run one kernel generation on both directors and load the same persistence engines (`modprobe ip_vs_pe_sip`).',
});
const badState = rule('bad_state', 'warning', {
  rule: 'a record with a state that its protocol does not have, or a template with a state of 2 or more',
  meaning: 'A backup drops such a connection, and shows such a template as ERR!.',
  advice: 'Run one kernel generation on both directors: the states of SCTP changed in 2013, those of templates in 2018.',
});
const unknownProto = rule('unknown_proto', 'warning', {
  rule: 'a record that is no template, of a protocol that IPVS does not forward (not TCP, UDP or SCTP; AH and ESP are taken)',
  meaning: 'A backup drops the record.',
  advice: DAMAGED,
});
const countWrap = rule('count_wrap', 'critical', {
  rule: 'behind the announced records of a message there are more records: their number did not fit the 8 bits of the count',
  meaning: 'A backup reads only the announced ones: of every full message 256 sessions are lost to it.',
  advice:
    'Lower sync_maxlen on the sender so that no message holds more than 255 records: 9000 octets with version 1, 6000 with version 0.',
});
const trailingBytes = rule('trailing_bytes', 'info', {
  rule: 'behind the announced records of a message there are octets that are no records',
  meaning: 'A backup ignores them. No kernel is known to send such messages.',
  advice: DAMAGED,
});

/** By code of the dissector's note or fault. */
const BY_CODE: Readonly<Record<string, Rule>> = {
  size_mismatch: sizeMismatch,
  size_swapped: sizeMismatch,
  truncated,
  record_overrun: recordOverrun,
  bad_version: badVersion,
  bad_type: badType,
  bad_option: badOption,
  bad_state: badState,
  unknown_proto: unknownProto,
  count_wrap: countWrap,
  trailing_bytes: trailingBytes,
};

export const syncPacketRules: RuleSet = {
  rules: [...new Set(Object.values(BY_CODE))],
  check: () => {
    const budget = new Budget(MOST_A_SECOND);
    return {
      frame({ atMicros, frame, fault, notes, network, mac, segment }, report) {
        if (fault?.protocol !== 'ipvs' && notes.every(({ protocol }) => protocol !== 'ipvs')) return;
        if (!network || !budget.take(atMicros)) return;
        const from = mac === null ? {} : { mac: macText(mac) };
        const subject = { address: addressText(network.source), ...from, ...segmentSubject(segment) };
        // A message with many records may say the same of each: it counts once.
        const told = new Set<Rule>();
        for (const { protocol, code, text } of fault ? [fault, ...notes] : notes) {
          const found = protocol === 'ipvs' ? BY_CODE[code] : undefined;
          if (!found || told.has(found)) continue;
          told.add(found);
          report.raise(found, { atMicros, subject, text: `${subject.address}: ${text}`, frames: [frame] });
        }
      },
    };
  },
};
