import { options } from "./check.js";
import { ConvertError } from "./errors.js";

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const digits = (value, count) => String(value).padStart(count, "0");

export function timestamp(year, month, day, hour = 0, minute = 0, second = 0, more = undefined) {
  const { nanoseconds = 0, offsetMinutes } = options(more, new Set(["nanoseconds", "offsetMinutes"]), "timestamp");
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
  const within = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  const time = `${digits(hour, 2)}:${digits(minute, 2)}:${digits(second, 2)}`;
  if (
    !within(year, 1, 9999) ||
    !within(day, 1, days) ||
    !within(hour, 0, 23) ||
    !within(minute, 0, 59) ||
    !within(second, 0, 59)
  ) {
    throw ConvertError.malformed(`${date} ${time} is no day and time of the calendar`);
  }
  if (!within(nanoseconds, 0, 999_999_999))
    throw ConvertError.malformed(`${nanoseconds} ns is no fraction of a second`);
  const fraction = nanoseconds === 0 ? "" : `.${digits(nanoseconds, 9).replace(/0+$/, "")}`;
  if (offsetMinutes === undefined || offsetMinutes === null) return `${date}T${time}${fraction}`;
  if (!within(offsetMinutes, -18 * 60, 18 * 60))
    throw ConvertError.malformed(`${offsetMinutes} minutes is no offset from UTC`);
  if (offsetMinutes === 0) return `${date}T${time}${fraction}Z`;
  const ahead = Math.abs(offsetMinutes);
  return `${date}T${time}${fraction}${offsetMinutes < 0 ? "-" : "+"}${digits(Math.floor(ahead / 60), 2)}:${digits(ahead % 60, 2)}`;
}
