/**
 * What a caller relies on of a JSON answer, by field: checked when the answer comes, and compared with the type that the API's
 * document gives it when this is compiled. Fields that are not named are left out, ones that are not there become null.
 */

type Named<V, Kind extends string> = undefined extends V ? `${Kind}?` : null extends V ? `${Kind}?` : Kind;

type FieldOf<V> = [NonNullable<V>] extends [string]
  ? Named<V, 'string'>
  : [NonNullable<V>] extends [number]
    ? Named<V, 'number'>
    : [NonNullable<V>] extends [boolean]
      ? Named<V, 'boolean'>
      : [NonNullable<V>] extends [string[]]
        ? Named<V, 'strings'>
        : [NonNullable<V>] extends [(infer Item extends object)[]]
          ? readonly [Fields<Item>]
          : Named<V, 'object'>;

export type Fields<T> = { readonly [K in keyof T]?: FieldOf<T[K]> };

/** A field that the document has no more is `never` here: nothing can be it. */
export type NoOthers<T, F> = {
  [K in keyof F]: K extends keyof T
    ? F[K] extends readonly [infer Of]
      ? NonNullable<T[K]> extends (infer Item)[]
        ? readonly [NoOthers<Item, Of>]
        : never
      : F[K]
    : never;
};

type ReadField<V, F> = F extends readonly [infer Of]
  ? NonNullable<V> extends (infer Item)[]
    ? Read<Item, Of>[]
    : never
  : undefined extends V
    ? NonNullable<V> | null
    : V;

/** An answer as it is after the check. */
export type Read<T, F> = { [K in keyof T & keyof F]: ReadField<T[K], F[K]> };

const IS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  strings: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  object: isObject,
};

/** @returns null where the answer is not what it should be */
export function readFields<T, F extends Fields<T>>(value: unknown, fields: F): Read<T, F> | null {
  if (!isObject(value)) return null;
  const read: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(fields as Record<string, string | readonly [Fields<unknown>]>)) {
    const one = value[name];
    if (typeof kind !== 'string') {
      const items = Array.isArray(one) ? one.map((item) => readFields(item, kind[0])) : [null];
      if (items.includes(null)) return null;
      read[name] = items;
    } else if (one === undefined || one === null) {
      if (!kind.endsWith('?')) return null;
      read[name] = null;
    } else {
      if (!IS[kind.replace('?', '')]?.(one)) return null;
      read[name] = one;
    }
  }
  return read as Read<T, F>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
