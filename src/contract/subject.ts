/** Who an event or an anomaly is about, and how grave it is. */
import { Type } from 'typebox';
import { FamilyName } from './scalars.ts';

/** Least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const SeverityName = Type.Enum([...SEVERITIES]);

/** Every field that a subject may have; what does not concern it is left out. */
export const SubjectSchema = Type.Object(
  {
    vrid: Type.Optional(Type.Integer()),
    family: Type.Optional(FamilyName),
    interface: Type.Optional(Type.String()),
    vlan: Type.Optional(Type.Integer()),
    address: Type.Optional(Type.String()),
    mac: Type.Optional(Type.String()),
    daemon: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
