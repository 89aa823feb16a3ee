/** The frames behind an event, passwords masked, as a capture file. */
export interface EvidenceFile {
  readonly type: 'application/vnd.tcpdump.pcap' | 'application/x-pcapng';
  readonly extension: 'pcap' | 'pcapng';
  readonly octets: Uint8Array;
}
