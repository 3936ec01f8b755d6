export function apiTypes(document: unknown): string;
