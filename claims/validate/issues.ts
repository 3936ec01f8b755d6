export interface Issue { code: string; message: string; level: 'error'|'warning'|'time'; path: string }
