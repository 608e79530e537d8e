package wats

import "strconv"

// Timestamp is a point in time as files carry it: calendar fields, and an offset from UTC where the file knows one. Without an offset
// it is the local time of the station, whose zone the station knows and the converter does not.
type Timestamp struct {
	// Year 1 to 9999, month and day from 1.
	Year, Month, Day int
	// Time of day; seconds to 59.
	Hour, Minute, Second int
	// Nanosecond of the second, 0 to 999,999,999.
	Nanosecond int
	// OffsetMinutes that local time is ahead of UTC: 120 for +02:00, 0 for Z; nil when it is not known.
	OffsetMinutes *int
}

// ISO gives the time as the report wants it: "2026-05-04T08:15:30.25+02:00". Malformed when there is no such day or time.
func (t Timestamp) ISO() (string, error) {
	text := digits(t.Year, 4) + "-" + digits(t.Month, 2) + "-" + digits(t.Day, 2)
	clock := digits(t.Hour, 2) + ":" + digits(t.Minute, 2) + ":" + digits(t.Second, 2)
	within := func(value, last int) bool { return 0 <= value && value <= last }
	if t.Year < 1 || t.Year > 9999 || t.Day < 1 || t.Day > t.days() ||
		!within(t.Hour, 23) || !within(t.Minute, 59) || !within(t.Second, 59) {
		return "", Malformed(text + " " + clock + " is no day and time of the calendar")
	}
	if !within(t.Nanosecond, 999_999_999) {
		return "", Malformed(strconv.Itoa(t.Nanosecond) + " ns is no fraction of a second")
	}
	text += "T" + clock
	if t.Nanosecond > 0 {
		fraction := digits(t.Nanosecond, 9)
		for fraction[len(fraction)-1] == '0' {
			fraction = fraction[:len(fraction)-1]
		}
		text += "." + fraction
	}
	switch offset := t.OffsetMinutes; {
	case offset == nil:
		return text, nil
	case !within(max(*offset, -*offset), 18*60):
		return "", Malformed(strconv.Itoa(*offset) + " minutes is no offset from UTC")
	case *offset == 0:
		return text + "Z", nil
	case *offset < 0:
		return text + "-" + digits(-*offset/60, 2) + ":" + digits(-*offset%60, 2), nil
	default:
		return text + "+" + digits(*offset/60, 2) + ":" + digits(*offset%60, 2), nil
	}
}

func (t Timestamp) days() int {
	switch t.Month {
	case 1, 3, 5, 7, 8, 10, 12:
		return 31
	case 4, 6, 9, 11:
		return 30
	case 2:
		if t.Year%4 == 0 && (t.Year%100 != 0 || t.Year%400 == 0) {
			return 29
		}
		return 28
	}
	return 0
}

func digits(value, width int) string {
	text := strconv.Itoa(value)
	for len(text) < width {
		text = "0" + text
	}
	return text
}
