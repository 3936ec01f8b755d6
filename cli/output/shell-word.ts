/** One word of a command line that is shown to be pasted: quoted where a shell would take it apart. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}_.,:/@%+=-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
