/** A virtual service and its real servers, as `ipvsadm -Ln` lists them. */
import { type Static, Type } from 'typebox';
import type { Monitor } from '../state/monitor.ts';
import { type Service as InnerService, listServices } from '../state/services.ts';
import { Endpoint, endpoint, FamilyName, ForwardName, forwardName, Nullable, protoText } from './scalars.ts';

export const ServiceSchema = Type.Object(
  {
    id: Type.String({ description: 'tcp-10.0.0.1:443, or fwm-9 for a firewall mark' }),
    proto: Nullable(Type.String()),
    family: FamilyName,
    virtual: Nullable(Endpoint),
    fwmark: Nullable(Type.Integer()),
    persistentSeconds: Nullable(Type.Integer()),
    persistenceEngine: Nullable(Type.String()),
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer()),
    destinations: Type.Array(
      Type.Object({
        destination: Endpoint,
        forward: ForwardName,
        active: Type.Integer({ description: 'ActiveConn' }),
        inactive: Type.Integer({ description: 'InActConn' }),
        persistent: Type.Integer({ description: 'PersistConn: live templates' }),
        newPerSecond: Type.Number(),
      }),
    ),
  },
  { $id: 'Service' },
);
export type Service = Static<typeof ServiceSchema>;

export function serviceId(service: InnerService): string {
  const { virtual } = service;
  const segment = service.segment > 0 ? `@${service.segment}` : '';
  if (!virtual) return `fwm${service.family === 'ipv6' ? '6' : ''}-${service.fwmark}${segment}`;
  const { address, port } = endpoint(virtual.address, virtual.port);
  return `${protoText(service.proto ?? 0)}-${service.family === 'ipv6' ? `[${address}]` : address}:${port}${segment}`;
}

function serviceOf(service: InnerService, monitor: Monitor): Service {
  const segment = monitor.segments.all[service.segment];
  return {
    id: serviceId(service),
    proto: service.proto === null ? null : protoText(service.proto),
    family: service.family,
    virtual: service.virtual && endpoint(service.virtual.address, service.virtual.port),
    fwmark: service.fwmark,
    persistentSeconds: service.persistentSeconds,
    persistenceEngine: service.engine,
    interface: segment?.interface ?? null,
    vlan: segment?.vlan ?? null,
    destinations: service.destinations.map((d) => ({
      destination: endpoint(d.address, d.port),
      forward: forwardName(d.forward),
      active: d.active,
      inactive: d.inactive,
      persistent: d.persistent,
      newPerSecond: Math.round(d.newPerSecond * 1000) / 1000,
    })),
  };
}

export function servicesOf(monitor: Monitor, nowMicros: number): Service[] {
  return listServices(monitor.sessions.bindings, nowMicros).map((service) => serviceOf(service, monitor));
}
