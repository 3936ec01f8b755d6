/** What a flag means here. */
export type Meaning =
  /** Its value is this argument of the command, from 0. */
  | number
  /** `--flag`: the same under another name. `''`: what happens anyway, or has nothing to do here. */
  | string
  /** A switch that stands for these words. */
  | readonly string[]
  /** For its value: the words that say it. */
  | ((value: string) => readonly string[])
  /** Not here: what to do instead. */
  | { readonly refused: string };

export interface Row {
  /** The words of it, in nsc's order; several ways to write them. */
  words: readonly string[];
  /** The command, with words that always follow it. */
  to: string;
  /**
   * By how nsc writes it: `n/name=` is -n, --name with a value; `sys` a switch. What is not named stays as it is. A flag that
   * the command has itself is only meant so when the words are nsc's.
   */
  flags?: Readonly<Record<string, Meaning>>;
  /** Only where this flag is given, or given with this value; the first row that fits counts. */
  when?: readonly [flag: string, value?: string];
  /** What the arguments are: the same arguments of the command, where nothing is said. */
  args?: readonly Meaning[];
}
