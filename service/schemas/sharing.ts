import { type Static, type TSchema, Type } from 'typebox';
import type { Export, Import } from '../../claims/types.js';
import { exportId, importId } from '../sharing/share-id.js';
import { closed, Id, named, UnixSeconds } from './common.js';
import { Warnings } from './warning.js';

/** Beyond it a subject does not go into a path: the account as a whole can be changed instead (PATCH of the account). */
export const MAX_SHARE_ID = 1_000;

export const ExportId = Type.String({
  minLength: 1,
  maxLength: MAX_SHARE_ID,
  description: 'TYPE:SUBJECT, percent-encoded in the path: `service%3Aorders.get` is `service:orders.get`',
});
export const ImportId = Type.String({
  minLength: 1,
  maxLength: MAX_SHARE_ID,
  description: "TYPE:EXPORTER:SUBJECT (the exporter's subject), percent-encoded in the path",
});

export const ShareType = Type.Union([Type.Literal('stream'), Type.Literal('service')]);
export const Subject = (description: string) => Type.String({ minLength: 1, maxLength: 1_024, description });
const Flag = (description: string) => Type.Boolean({ description });
const Text = (description: string) => Type.String({ maxLength: 8_192, description });

const exportFields = {
  name: Text('For people'),
  token_req: Flag('Private: an import needs an activation'),
  response_type: Type.Union([Type.Literal('Singleton'), Type.Literal('Stream'), Type.Literal('Chunked')]),
  response_threshold: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Nanoseconds' }),
  service_latency: Type.Object(
    {
      sampling: Type.Union([Type.Literal('headers'), Type.Integer({ minimum: 1, maximum: 100 })], {
        description: 'Percent, or `headers`',
      }),
      results: Subject('Where latencies are sent'),
    },
    closed,
  ),
  account_token_position: Type.Integer({
    minimum: 0,
    maximum: 255,
    description: "From 1: the `*` of the subject that must be the importing account's key; 0 = none",
  }),
  advertise: Flag('Shown to others by tools'),
  allow_trace: Flag('Traces go through (services)'),
  description: Text('For people'),
  info_url: Text('Where more is told'),
};

const optionalOf = <T extends Record<string, TSchema>>(fields: T) =>
  Type.Partial(Type.Object(fields, closed)).properties;

export const NewExport = Type.Object(
  { type: ShareType, subject: Subject('What is exported; may have wildcards'), ...optionalOf(exportFields) },
  named('NewExport'),
);

export const ExportPatch = Type.Object(
  {
    subject: Type.Optional(Subject('Another subject; with it the id changes')),
    ...optionalOf(nullable(exportFields)),
  },
  { ...closed, description: 'JSON merge patch (RFC 7396): what is not there stays, null removes' },
);

export const ShareRevocation = Type.Object(
  { account: Id('Importing account, or `*`'), revokedAt: UnixSeconds('Activations issued at or before it are void') },
  closed,
);

export const ExportItem = Type.Object(
  { id: ExportId, ...NewExport.properties, revocations: Type.Array(ShareRevocation) },
  named('Export'),
);

export const ChangedExport = Type.Object({ ...ExportItem.properties, warnings: Warnings }, named('ChangedExport'));

const importFields = {
  name: Text('For people'),
  local_subject: Subject('What it is called here; `*` and `$1` stand for the wildcards of the subject'),
  share: Flag('The exporter is told who asks (services)'),
  allow_trace: Flag('Traces go through (streams)'),
};
const Activation = Type.String({
  minLength: 1,
  maxLength: 65_536,
  description: 'Activation JWT, for a private export',
});

export const NewImport = Type.Object(
  {
    type: ShareType,
    account: Id('Exporting account'),
    subject: Subject("The exporter's subject, or a part of it"),
    token: Type.Optional(Activation),
    ...optionalOf(importFields),
  },
  named('NewImport'),
);

export const ImportPatch = Type.Object(
  { token: Type.Optional(Type.Union([Activation, Type.Null()])), ...optionalOf(nullable(importFields)) },
  { ...closed, description: 'JSON merge patch (RFC 7396): what is not there stays, null removes' },
);

export const ImportItem = Type.Object(
  {
    id: ImportId,
    ...NewImport.properties,
    to: Type.Optional(Type.String({ description: 'Of the deprecated form, which other tools may have written' })),
  },
  named('Import'),
);

export const ChangedImport = Type.Object({ ...ImportItem.properties, warnings: Warnings }, named('ChangedImport'));

export function exportItem(one: Export): Static<typeof ExportItem> {
  const revocations = [...one.revocations].map(([account, revokedAt]) => ({ account, revokedAt }));
  return { id: exportId(one), ...one, revocations };
}

export function importItem(one: Import): Static<typeof ImportItem> {
  return { id: importId(one), ...one };
}

function nullable<T extends Record<string, TSchema>>(fields: T) {
  const entries = Object.entries(fields).map(([name, field]) => [name, orNull(field)]);
  return Object.fromEntries(entries) as { [K in keyof T]: ReturnType<typeof orNull<T[K]>> };
}

function orNull<T extends TSchema>(field: T) {
  return Type.Union([field, Type.Null()]);
}
