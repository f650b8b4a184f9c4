package challengetest

import (
	"context"
	"errors"
	"net/http"
	"path"
	"sync"

	"github.com/nfcert/nfcert/internal/challenge"
)

// DNS01 is the challenge type that proves wildcards (RFC 8555 8.4).
const DNS01 = "dns-01"

// MethodRecords is the method of [Records].
const MethodRecords = "records"

// ErrKey means that a change of a zone had the wrong key.
var ErrKey = errors.New("the zone refused the key")

// A Zone is what a DNS server has: records that are made and removed with a key,
// and that are visible some time later.
type Zone struct {
	name, key string

	mu      sync.Mutex
	records map[record]bool // whether it is visible
	held    bool
	changed chan struct{} // closed when the records change
}

type record struct{ name, token, value string }

// NewZone returns a zone without records. They are visible at once; see Hold.
func NewZone(name, key string) *Zone {
	return &Zone{name: name, key: key, records: map[record]bool{}, changed: make(chan struct{})}
}

// Hold makes records that are added from now on invisible until Release.
func (z *Zone) Hold() { z.change(func() { z.held = true }) }

// Release makes all records visible.
func (z *Zone) Release() {
	z.change(func() {
		z.held = false
		for r := range z.records {
			z.records[r] = true
		}
	})
}

// Len returns the number of records.
func (z *Zone) Len() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return len(z.records)
}

// Has reports whether the record of a placement is in the zone.
func (z *Zone) Has(p challenge.Placement) bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	_, ok := z.records[recordOf(p)]
	return ok
}

// ServeHTTP answers http-01 from the visible records, so that a CA which does
// not offer dns-01 can validate them.
func (z *Zone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for rec, visible := range z.records {
		if visible && rec.token == path.Base(r.URL.Path) {
			_, _ = w.Write([]byte(rec.value))
			return
		}
	}
	http.NotFound(w, r)
}

func (z *Zone) change(do func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	do()
	close(z.changed)
	z.changed = make(chan struct{})
}

// visible reports whether a record is visible, and returns what ends when that
// changes.
func (z *Zone) visible(r record) (bool, <-chan struct{}) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.records[r], z.changed
}

func recordOf(p challenge.Placement) record { return record{p.Where, p.Token, p.Content} }

// Records proves identifiers by records of a zone. It needs its key to clean up,
// and waits until a record is visible.
type Records struct {
	Zone *Zone
	Key  string
	Kind string           // challenge type; "": dns-01
	Time challenge.Limits // its time limits
	// Before is called first in Present, Wait and CleanUp, with their name. Its
	// error is theirs; nil: it is not called.
	Before func(ctx context.Context, call string, p challenge.Placement) error
}

// Type returns the challenge type.
func (s *Records) Type() string {
	if s.Kind == "" {
		return DNS01
	}
	return s.Kind
}

// Method returns "records".
func (*Records) Method() string { return MethodRecords }

// Proves reports whether the identifier is a DNS name. Of dns-01 it may be a
// wildcard.
func (s *Records) Proves(id challenge.Identifier) bool {
	return id.Type == "dns" && (!id.Wildcard || s.Type() == DNS01)
}

// Limits returns the solver's time limits.
func (s *Records) Limits() challenge.Limits { return s.Time }

// Plan returns the record.
func (s *Records) Plan(c challenge.Challenge) (challenge.Placement, error) {
	return challenge.Placement{
		Type: s.Type(), Method: MethodRecords, Where: "_acme-challenge." + c.Identifier.Value,
		Token: c.Token, Content: c.KeyAuthorization, Data: map[string]string{"zone": s.Zone.name},
	}, nil
}

// Present adds the record.
func (s *Records) Present(ctx context.Context, _ challenge.Challenge, p challenge.Placement) error {
	if err := s.begin(ctx, "present", p); err != nil {
		return err
	}
	s.Zone.change(func() { s.Zone.records[recordOf(p)] = !s.Zone.held })
	return nil
}

// Wait returns when the record is visible.
func (s *Records) Wait(ctx context.Context, _ challenge.Challenge, p challenge.Placement) error {
	if err := s.begin(ctx, "wait", p); err != nil {
		return err
	}
	for reported := false; ; reported = true {
		visible, changed := s.Zone.visible(recordOf(p))
		if visible {
			return nil
		}
		if !reported {
			challenge.Report(ctx, "waiting for the record %s", p.Where)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// CleanUp removes the record.
func (s *Records) CleanUp(ctx context.Context, p challenge.Placement) error {
	if p.Data["zone"] != s.Zone.name {
		return errors.New("another zone's record")
	}
	if err := s.begin(ctx, "clean up", p); err != nil {
		return err
	}
	s.Zone.change(func() { delete(s.Zone.records, recordOf(p)) })
	return nil
}

func (s *Records) begin(ctx context.Context, call string, p challenge.Placement) error {
	if s.Key != s.Zone.key {
		return ErrKey
	}
	if s.Before != nil {
		return s.Before(ctx, call, p)
	}
	return nil
}
