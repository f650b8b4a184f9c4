package enroll

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/nf"
)

// How a certificate's time of renewal is found.
const (
	// DefaultRenewAt is the part of its life after which it is due.
	DefaultRenewAt = 2.0 / 3
	// spread is the part of its life over which enrolments are spread, before
	// DefaultRenewAt, so that not all renew at once (TS 33.310 Annex I).
	spread = 0.1
	// youngest is the age before which the CA's suggestion does not count, or a
	// twentieth of the life where that is less: with a CA that always suggests
	// now, renewing would never end.
	youngest = time.Hour
	// defaultAskAgain is when the CA is asked for its suggestion again (RFC 9773
	// section 4.3.2 demands a Retry-After, and not every CA sends one).
	defaultAskAgain = 6 * time.Hour
)

// RenewalInfo is when the CA suggests to renew a certificate (RFC 9773).
type RenewalInfo struct {
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	Explanation string    `json:"explanationUrl,omitempty"`
	Asked       time.Time `json:"asked"`
	AskAgain    time.Time `json:"askAgain"`
}

// DueBasis says what a time of renewal rests on.
type DueBasis string

// The bases, the strongest first.
const (
	DueNever    DueBasis = "none"     // no certificate to renew
	DueSwap     DueBasis = "swap"     // the last renewal's files are not all in place, or its hook has not run
	DueUnderWay DueBasis = "underWay" // a renewal is under way
	DueRevoked  DueBasis = "revoked"  // renewed only when its name is given
	DueExpired  DueBasis = "expired"
	DueCA       DueBasis = "ca"   // the CA's suggestion (RFC 9773)
	DueLife     DueBasis = "life" // the part of its life that has passed
)

// Due is whether, and when, a certificate is to be renewed.
type Due struct {
	Due   bool
	At    time.Time // zero: unknown
	Basis DueBasis
}

// due judges by the clock, and by the CA's suggestion if any; at is as in
// [DueOptions].
func (en *Enrolment) due(now time.Time, at float64) Due {
	latest := at > 0
	if !latest {
		at = DefaultRenewAt
	}
	switch {
	case !en.usable():
		return Due{Basis: DueNever}
	case en.Swapping():
		return Due{Due: true, At: en.Journal.Swap.At, Basis: DueSwap}
	case en.Renewal != nil && !en.Certificate.revokedSince(en.Renewal.Started):
		return Due{Due: true, At: en.Renewal.Started, Basis: DueUnderWay}
	case en.Certificate.Revoked != nil:
		return Due{Basis: DueRevoked}
	}
	cert := en.Certificate
	life := cert.NotAfter.Sub(cert.NotBefore)
	when := cert.NotBefore.Add(time.Duration(float64(life) * (at - min(spread, at/2)*(1-en.position()))))
	d := Due{At: isoTime(when), Basis: DueLife}
	if suggested, ok := cert.suggested(en.position(), at); ok && !(latest && d.At.Before(suggested)) {
		d.At, d.Basis = isoTime(suggested), DueCA
	}
	if d.Due = !now.Before(d.At); !now.Before(cert.NotAfter) {
		d = Due{Due: true, At: cert.NotAfter, Basis: DueExpired}
	}
	return d
}

// suggested is the moment in the CA's window that is this enrolment's (RFC 9773
// section 4.2 asks for a random one; a fixed position in the window spreads as
// well, and is known beforehand). A window that would leave less than half of
// what is left after at is cut short, so that no renewal waits for the last
// moment.
func (c *Certificate) suggested(position, at float64) (time.Time, bool) {
	info := c.RenewalInfo
	if info == nil || !info.End.After(info.Start) {
		return time.Time{}, false
	}
	life := c.NotAfter.Sub(c.NotBefore)
	when := info.Start.Add(time.Duration(float64(info.End.Sub(info.Start)) * position))
	first := c.NotBefore.Add(min(youngest, life/20))
	last := c.NotBefore.Add(time.Duration(float64(life) * (1 + at) / 2))
	if when.Before(first) {
		when = first
	}
	if when.After(last) {
		when = last
	}
	return when, true
}

// position is where in a span of time this enrolment is, from 0 to less than 1,
// always the same: NF types one after the other, in the order of their names,
// and enrolments of one type by a hash of their names within.
func (en *Enrolment) position() float64 {
	types := nf.Types()
	at := len(types) // of types that no table has, and of none
	if en.NF != nil {
		if i := slices.IndexFunc(types, func(t nf.Type) bool { return t.Name == en.NF.Type }); i >= 0 {
			at = i
		}
	}
	sum := sha256.Sum256([]byte(en.Name))
	within := float64(binary.BigEndian.Uint32(sum[:4])) / (1 << 32)
	return (float64(at) + within) / float64(len(types)+1)
}

// DueOptions say how to judge. The zero value judges by [DefaultRenewAt] and
// asks the CA where it has something to say.
type DueOptions struct {
	// At is the part of life after which it is due, also when the CA
	// suggests a later time; 0: DefaultRenewAt, and the CA's suggestion counts.
	At    float64
	NoAsk bool // do not ask the CA; what it said last counts
	// LookOnly neither waits for the enrolment's lock nor saves what the CA says.
	LookOnly bool
}

// Due judges whether an enrolment is to be renewed. A CA that cannot be asked
// causes a warning and does not count.
func (e *Engine) Due(ctx context.Context, name string, o DueOptions) (en *Enrolment, d Due, err error) {
	var r *run
	if o.LookOnly {
		if en, err = Load(e.Store, name); err == nil {
			r = e.reader(en)
		}
	} else if r, err = e.begin(ctx, name); err == nil {
		defer r.end(&err)
	}
	if err != nil {
		return nil, d, err
	}
	en = r.en
	d = en.due(e.now(), o.At)
	if o.NoAsk || d.Basis != DueLife && d.Basis != DueCA {
		return en, d, nil
	}
	if last := en.Certificate.RenewalInfo; last != nil && e.now().Before(last.AskAgain) {
		return en, d, nil
	}
	if err := r.fetchRenewalInfo(ctx); err != nil {
		if ctx.Err() != nil {
			return en, d, err
		}
		e.warn(StepRenew, "%s: could not ask the CA when to renew the certificate, so its age decides: %v", name, err)
		return en, d, nil
	}
	if en.Certificate.RenewalInfo != nil && !o.LookOnly {
		r.withNext()
	}
	return en, en.due(e.now(), o.At), nil
}

// fetchRenewalInfo asks the CA when it suggests to renew.
func (r *run) fetchRenewalInfo(ctx context.Context) error {
	chain, err := r.savedChain()
	if err != nil {
		return err
	}
	info, err := r.CA.RenewalInfo(ctx, chain[0])
	if err != nil || info == nil {
		return err
	}
	if info.End.After(r.en.Certificate.NotAfter) {
		r.deviated(acmewire.DevRenewalInfoLate, "the window ends at %s, the certificate at %s", info.End.Format(time.RFC3339), r.en.Certificate.NotAfter.Format(time.RFC3339))
	}
	now := isoTime(r.now())
	again := cmp.Or(info.RetryAfter, defaultAskAgain)
	again = min(max(again, time.Minute), 24*time.Hour) // RFC 9773 section 4.3.2
	r.en.Certificate.RenewalInfo = &RenewalInfo{
		Start: isoTime(info.Start), End: isoTime(info.End), Explanation: info.Explanation,
		Asked: now, AskAgain: now.Add(again),
	}
	return nil
}
