export function apiPage(document: unknown): string;
