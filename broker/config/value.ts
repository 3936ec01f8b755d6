/** Where something stands in a file, as nats-server counts: bytes after the line feed before it, so 0-based on line 1 alone. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type ConfigMap = Map<string, ConfigValue>;

export type ConfigData =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'date'; readonly value: string }
  | { readonly kind: 'array'; readonly value: readonly ConfigValue[] }
  | { readonly kind: 'map'; readonly value: ConfigMap };

/** A value and where it stands: its key's place in a map, its own in an array. */
export interface ConfigValue {
  readonly data: ConfigData;
  readonly place: Place;
  /** Some `$name` refers to it: then its key need not be a known one. */
  used: boolean;
}
