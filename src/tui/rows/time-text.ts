/** Times as people read them, by the clock on this machine's wall. Pure. */

export interface TimeText {
  /** `14:03` */
  clock(at: number): string;
  /** The same for all times of one day, and in the order of days. */
  day(at: number): number;
  /** `17 Nov`; with the year where it is another one than now. */
  shortDay(at: number, now: number): string;
  /** `Monday 17 November`; with the year where it is another one than now. */
  dayName(at: number, now: number): string;
}

/** @param locale as in `en-GB`; the machine's own when undefined. */
export function createTimeText(locale?: string): TimeText {
  const names = { weekday: 'long', day: 'numeric', month: 'long' } as const;
  const shortNames = { day: 'numeric', month: 'short' } as const;
  const nearShort = new Intl.DateTimeFormat(locale, shortNames);
  const farShort = new Intl.DateTimeFormat(locale, { ...shortNames, year: 'numeric' });
  const near = new Intl.DateTimeFormat(locale, names);
  const far = new Intl.DateTimeFormat(locale, { ...names, year: 'numeric' });
  const two = (number: number): string => String(number).padStart(2, '0');
  return {
    clock(at) {
      const time = new Date(at);
      return `${two(time.getHours())}:${two(time.getMinutes())}`;
    },
    day(at) {
      const time = new Date(at);
      return (time.getFullYear() * 12 + time.getMonth()) * 31 + time.getDate();
    },
    shortDay: (at, now) => (isSameYear(at, now) ? nearShort : farShort).format(at),
    dayName: (at, now) => (isSameYear(at, now) ? near : far).format(at),
  };
}

const isSameYear = (at: number, now: number): boolean => new Date(at).getFullYear() === new Date(now).getFullYear();

/** `12 s`, `3 min`, `2 h`, `5 d`: how long something has lasted or will last. Rounded up, so that it is never 0. */
export function lengthOfTime(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
