import { type Static, type TSchema, Type } from 'typebox';
import type { Access } from '../plugins/access.js';

/** A limit as claims have it: -1 = unlimited. Claims beyond 2^53 - 1 would not be read back as they were. */
export const Limit = (description: string) =>
  Type.Optional(Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER, description }));

/** Never more rows than this in one answer. */
const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;
/** A sealed position (service/plugins/cursors.ts). */
const MAX_CURSOR = 512;
/** Entity ids are nkeys of 56 characters, `*`, or hashes of 64. What they must be is said by claims/, with its own codes. */
const ID_LENGTH = 100;

export const closed = { additionalProperties: false } as const;
/** A closed schema that the document says once, under this name (service/http/components.ts). */
export const named = <T extends string>(title: T) => ({ ...closed, title }) as const;

export const Id = (description: string) => Type.String({ minLength: 1, maxLength: ID_LENGTH, description });
export const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Also a file name: no slashes, no leading dot',
});
export const UnixSeconds = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: `${description} (unix seconds)` });

export const Page = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE, description: 'Rows wanted' }),
    after: Type.Optional(
      Type.String({ maxLength: MAX_CURSOR, description: '`next` of the page before, as it was given' }),
    ),
  },
  closed,
);
export type Page = Static<typeof Page>;

/** A filter of a list: text that stands in a name. */
export const NamePart = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: 'Stands in the name, in any letter case' }),
);

/** A page of a list; `next` is there when more follow. */
export const ListOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), next: Type.Optional(Type.String()) }, closed);

/** Cuts a page out of rows read with one more than its limit. */
export function pageOf<Row, Item>(
  rows: Row[],
  { limit }: Page,
  item: (row: Row) => Item,
  cursor: (row: Row) => string,
): { items: Item[]; next?: string } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), ...(rows.length > limit && last !== undefined && { next: cursor(last) }) };
}

export const ProblemDocument = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable, for programs: ERR_...' }),
    detail: Type.String(),
    hint: Type.Optional(Type.String({ description: 'What to do next' })),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() }))),
    details: Type.Optional(
      Type.Object(
        {},
        {
          additionalProperties: true,
          description: 'With ERR_SIGN_ELSEWHERE: what to sign, with which key, and where to send it',
        },
      ),
    ),
    instance: Type.Optional(Type.String()),
  },
  { title: 'Problem', description: 'RFC 9457 problem' },
);

/** The refusals a route documents. */
export function refusals(...statuses: number[]) {
  const content = { 'application/problem+json': { schema: ProblemDocument } };
  return Object.fromEntries(statuses.map((status) => [status, { description: MEANING[status] ?? 'Refused', content }]));
}

const MEANING: Record<number, string> = {
  400: 'The request, or a token or key in it, is not valid',
  401: 'No access token, or one that does not hold',
  403: 'Not allowed',
  404: 'Not known',
  409: 'In conflict with what is stored',
  412: 'What is stored is not what the change was made from',
  422: 'The Idempotency-Key was used for another request',
  428: 'If-Match is missing',
  413: 'Too large',
  415: 'Not a content type of this route',
  429: 'Too many requests: Retry-After says when to come back',
  503: 'Not now: the database or what else is needed cannot be asked, or too many ask; try again',
};

/** Of every route that makes a change which can be tried. */
export const ChangeQuery = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Boolean({
        description: 'Only try: the answer (200) is `{dryRun: true, changes: [{action, entity, before, after}]}`',
      }),
    ),
  },
  closed,
);
export const IfMatch = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'ETag of what was read' })),
});

export const apiRoute = { tags: ['api'], security: [{ bearer: [] }] };

/** A route's `config`: the right it needs (service/plugins/access.ts). */
export function needs(right: Access['right'], over: Access['over']): { access: Access } {
  return { access: { right, over } };
}
