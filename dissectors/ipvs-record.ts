/** Where the fields of a sync record lie (kernel `struct ip_vs_sync_v4`, `ip_vs_sync_v6`, `ip_vs_sync_conn_v0`), and the flags they carry. */

/** Octet offsets in a version 1 record; the three addresses follow, 4 or 16 octets each. */
export const V1 = {
  type: 0,
  proto: 1,
  versionAndSize: 2,
  flags: 4,
  state: 8,
  clientPort: 10,
  virtualPort: 12,
  destinationPort: 14,
  fwmark: 16,
  timeout: 20,
  client: 24,
} as const;

/** Octet offsets in a version 0 record. */
export const V0 = {
  proto: 1,
  clientPort: 2,
  virtualPort: 4,
  destinationPort: 6,
  client: 8,
  virtual: 12,
  destination: 16,
  flags: 20,
  state: 22,
} as const;

export const V1_OCTETS_IPV4 = 36;
export const V1_OCTETS_IPV6 = 72;
export const V0_OCTETS = 24;
export const SEQUENCE_OCTETS = 24;
export const TYPE_IPV6 = 1;

/** Kernel `IP_VS_CONN_F_*` (include/uapi/linux/ip_vs.h). */
export const FLAG = {
  forwardMask: 0x0007,
  synced: 0x0020,
  hashed: 0x0040,
  noOutput: 0x0080,
  inactive: 0x0100,
  outSequence: 0x0200,
  inSequence: 0x0400,
  noClientPort: 0x0800,
  template: 0x1000,
  onePacket: 0x2000,
  conntrack: 0x10000,
} as const;

export const SEQUENCE_FLAGS = FLAG.outSequence | FLAG.inSequence;
/** What a backup keeps of a version 1 record's flags when it makes the connection (kernel `IP_VS_CONN_F_BACKUP_MASK`). */
export const BACKUP_FLAGS = FLAG.forwardMask | FLAG.noOutput | FLAG.inactive | SEQUENCE_FLAGS | FLAG.noClientPort | FLAG.template;
/** What a later record changes (kernel `IP_VS_CONN_F_BACKUP_UPD_MASK`). */
export const UPDATED_FLAGS = FLAG.inactive | SEQUENCE_FLAGS;
