package view

import (
	"fmt"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
)

func TestValidity(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	for _, tt := range []struct {
		name       string
		start, end time.Time
		want       string
	}{
		{"valid", day(-1), day(10), "valid: 10 days left of 11 days"},
		{"its last day", day(-1), now.Add(time.Hour), "valid: 0 days left of 1 day"},
		{"expired", day(-10), day(-1), "expired: expired 1 day ago, of 9 days"},
		{"not yet", day(1), day(2), "not-yet-valid: not yet valid, for 1 day"},
		{"without an end", day(0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), "valid: 2912115 days left of 2912115 days"},
		{"unreadable", time.Time{}, day(1), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if v := validityOf(&inspect.Contents{NotBefore: tt.start, NotAfter: tt.end}, now); v != nil {
				got = fmt.Sprintf("%s: %s", v.State, v.words())
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
