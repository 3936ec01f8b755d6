import type { Export, Import } from '../../claims/types.js';
import type { Latency } from '../routing/latency.js';
import type { Account } from './account.js';

interface ImportBase {
  readonly claim: Import;
  readonly importer: Account;
  readonly exporter: Account;
  /** False while the exporter does not (or no longer) allow it, or its activation has expired. */
  active: boolean;
  /** Fires when the activation expires. */
  cancelExpiry: () => void;
}

/** Messages of the exporter that appear in the importer. */
export interface StreamImport extends ImportBase {
  readonly kind: 'stream';
  /** What is taken, as the exporter names it. */
  readonly remote: string;
  /** What it appears as, as a pattern. */
  readonly local: string;
  /** The importer's subject of a message published by the exporter; null when the import does not cover it. */
  toLocal(subject: string): string | null;
  /** The way back, of patterns too. */
  toRemote(subject: string): string | null;
}

/** Requests of the importer that go to the exporter. */
export interface ServiceImport extends ImportBase {
  readonly kind: 'service';
  readonly local: string;
  readonly remote: string;
  /** The export that allowed it; set while active. */
  export: Export | null;
  /** How the export wants its answers measured; null = not at all. */
  latency: Latency | null;
  /** The exporter's subject of a request published by the importer; null when it cannot be made. */
  toRemote(subject: string): string | null;
}

export type AccountImport = StreamImport | ServiceImport;
