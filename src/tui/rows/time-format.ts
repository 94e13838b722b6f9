/** Formats times and durations for people, in the local time zone. Times are in ms since 1970. Pure. */

export interface TimeFormat {
  /** `14:03` */
  clock(at: number): string;
  /** A number for the day of a time: equal within a day, larger for later days. */
  day(at: number): number;
  /** `17 Nov`; with the year if it is not the current one. */
  shortDay(at: number, now: number): string;
  /** `Monday 17 November`; with the year if it is not the current one. */
  dayName(at: number, now: number): string;
}

/** @param locale such as `en-GB`; by default the system's. */
export function createTimeFormat(locale?: string): TimeFormat {
  const long = { weekday: 'long', day: 'numeric', month: 'long' } as const;
  const short = { day: 'numeric', month: 'short' } as const;
  const longDay = new Intl.DateTimeFormat(locale, long);
  const longDayWithYear = new Intl.DateTimeFormat(locale, { ...long, year: 'numeric' });
  const shortDay = new Intl.DateTimeFormat(locale, short);
  const shortDayWithYear = new Intl.DateTimeFormat(locale, { ...short, year: 'numeric' });
  const twoDigits = (number: number): string => String(number).padStart(2, '0');
  return {
    clock(at) {
      const time = new Date(at);
      return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
    },
    day(at) {
      const time = new Date(at);
      return (time.getFullYear() * 12 + time.getMonth()) * 31 + time.getDate();
    },
    shortDay: (at, now) => (isSameYear(at, now) ? shortDay : shortDayWithYear).format(at),
    dayName: (at, now) => (isSameYear(at, now) ? longDay : longDayWithYear).format(at),
  };
}

const isSameYear = (at: number, now: number): boolean => new Date(at).getFullYear() === new Date(now).getFullYear();

/** `12 s`, `3 min`, `2 h`, `5 d`. Seconds are rounded up and at least 1; larger units are rounded down. */
export function shortDuration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
