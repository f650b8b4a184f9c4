package ui

import (
	"strconv"
	"time"
)

// day is 24 hours; ages are too coarse for leap seconds to matter.
const day = 24 * time.Hour

// Age returns the time from t to now in one unit, rounded down, as in "3m"; "in 5d"
// when t is after now; and "-" for the zero time.
func Age(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	past, prefix := now.Sub(t), ""
	if past < 0 {
		past, prefix = -past, "in "
	}
	n, unit := past/time.Second, "s"
	switch {
	case past < time.Second:
		return "now"
	case past >= 2*365*day:
		n, unit = past/(365*day), "y"
	case past >= day:
		n, unit = past/day, "d"
	case past >= time.Hour:
		n, unit = past/time.Hour, "h"
	case past >= time.Minute:
		n, unit = past/time.Minute, "m"
	}
	return prefix + strconv.FormatInt(int64(n), 10) + unit
}

// Time returns t as RFC 3339 in UTC, to the second, and "" for the zero time.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
