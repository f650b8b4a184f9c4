package token

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Deviation is one way in which a token or its authority differs from the
// standard and that was accepted. ID names a row of the table of deviations.
type Deviation struct{ ID, Found string }

// Ids of the table of deviations, in internal/acmewire.
const (
	devContentType  = "token-authority-content-type"
	devStatus       = "token-authority-status"
	devWhitespace   = "token-authority-whitespace"
	devClockSkew    = "token-clock-skew"
	devFingerprint  = "token-fingerprint-form"
	devTypeCase     = "token-type-case"
	devX5CLineBreak = "token-x5c-line-breaks"
	devX5UForm      = "token-x5u-form"
)

type reportKey struct{}

// WithDeviations returns a context that makes what this package accepts under it
// known to report, which must be safe for use by several goroutines.
func WithDeviations(ctx context.Context, report func(Deviation)) context.Context {
	return context.WithValue(ctx, reportKey{}, report)
}

// Report passes deviations to the function of [WithDeviations], if there is one.
func Report(ctx context.Context, list ...Deviation) {
	report, ok := ctx.Value(reportKey{}).(func(Deviation))
	for _, d := range list {
		if ok {
			report(d)
		}
	}
}

// Deviations lists what [Parse], [Token.FetchSigner] and [Token.Check] accepted
// of a token that passed.
func (t *Token) Deviations(want ATC, now time.Time) []Deviation {
	found := t.deviations[:len(t.deviations):len(t.deviations)]
	add := func(id, format string, args ...any) {
		found = append(found, Deviation{id, fmt.Sprintf(format, args...)})
	}
	if want.Type != "" && t.ATC.Type != want.Type && strings.EqualFold(t.ATC.Type, want.Type) {
		add(devTypeCase, "tktype %s, want %q", quote(t.ATC.Type), want.Type)
	}
	if want.Fingerprint != "" && t.ATC.Fingerprint != want.Fingerprint && SameFingerprint(t.ATC.Fingerprint, want.Fingerprint) {
		add(devFingerprint, "fingerprint %s, want %q", quote(t.ATC.Fingerprint), want.Fingerprint)
	}
	if t.NotBefore.After(now) {
		add(devClockSkew, "valid from %s, and here it is %s", stamp(t.NotBefore), stamp(now))
	}
	if !t.Expires.IsZero() && !t.Expires.After(now) {
		add(devClockSkew, "expired at %s, and here it is %s", stamp(t.Expires), stamp(now))
	}
	return found
}
