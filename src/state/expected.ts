/** What the operator says should be, from the configuration file; what is seen is held against it. */
import type { Address, Family, MacAddress } from '../../dissectors/address.ts';

export interface ExpectedRouter {
  readonly vrid: number;
  readonly family: Family;
  /** Null: on any. */
  readonly interface: string | null;
  readonly vlan: number | null;
  /** Addresses of those that may send adverts. */
  readonly routers: readonly Address[];
  /** Who should be master while all is well; null: not said. */
  readonly preferredMaster: Address | null;
  /** Virtual addresses; null: not said. */
  readonly addresses: readonly Address[] | null;
  /** Of the connection sync that belongs to it; null: not said. */
  readonly syncid: number | null;
}

export interface Expected {
  readonly routers: readonly ExpectedRouter[];
  /** Who may answer for an address although VRRP does not explain it. */
  readonly trusted: readonly { readonly address: Address; readonly mac: MacAddress }[];
}
