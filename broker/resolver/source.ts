/** Where account JWTs come from. What it gives is not judged yet. */
export interface AccountSource {
  /** Throws when accounts cannot be had from there. */
  probe(): Promise<void>;
  /** Null = there is no such account. Throws when it could not be asked. */
  fetch(id: string): Promise<string | null>;
  /** Keeps a verified JWT that was announced, where the source is this process's own; true when kept. */
  keep(id: string, token: string): boolean;
  /** Lets an account go, where the source is this process's own. */
  drop(id: string): void;
  close(): void;
}
