// Since when, and until when, calls are looked for. Days are those of this machine's clock.

export const PERIODS = ['today', 'yesterday', 'last_7_days', 'last_30_days', 'chosen'] as const;
/** Empty: whenever. */
export type Period = (typeof PERIODS)[number] | '';

/** Unix time in milliseconds; what is missing is no limit. `chosen` has those that are filled in. */
export function limitsOf(period: Period, now_ms: number): { from_ms?: number; to_ms?: number } {
  switch (period) {
    case 'today':
      return { from_ms: midnight(now_ms, 0) };
    case 'yesterday':
      return { from_ms: midnight(now_ms, 1), to_ms: midnight(now_ms, 0) };
    case 'last_7_days':
      return { from_ms: midnight(now_ms, 6) };
    case 'last_30_days':
      return { from_ms: midnight(now_ms, 29) };
    case 'chosen':
    case '':
      return {};
  }
}

/** The beginning of today, or of so many days before: a day has not always 24 hours. */
function midnight(now_ms: number, days: number): number {
  const day = new Date(now_ms);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - days).getTime();
}
