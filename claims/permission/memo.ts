/** Longer subjects are decided anew each time, so that what a client can make us remember stays small. */
const MAX_REMEMBERED_LENGTH = 256;

/**
 * Remembers the answers of `decide`, up to `bound` of them; then forgets all and starts over, which costs a client that
 * roams over endless subjects no more than asking did. Answers are the same as without it.
 */
export function boundedMemo(bound: number, decide: (subject: string) => boolean): (subject: string) => boolean {
  const known = new Map<string, boolean>();
  return (subject) => {
    let answer = known.get(subject);
    if (answer === undefined) {
      answer = decide(subject);
      if (subject.length > MAX_REMEMBERED_LENGTH) return answer;
      if (known.size >= bound) known.clear();
      known.set(subject, answer);
    }
    return answer;
  };
}
