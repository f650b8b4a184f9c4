package enroll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// A wait ends a moment after the CA fetched the response, is never shorter than the CA needs
// after it was told, and otherwise as long as it was to be.
func TestWait(t *testing.T) {
	const never = time.Hour
	ms := time.Millisecond
	for _, tt := range []struct {
		name               string
		fetched, wait, end time.Duration
	}{
		{"nobody looks", never, 50 * ms, 50 * ms},
		{"at once", 0, 50 * ms, 3 * ms},
		{"soon", 1 * ms, 50 * ms, 3 * ms},
		{"late", 20 * ms, 50 * ms, 21 * ms},
		{"too late", 60 * ms, 50 * ms, 50 * ms},
		{"later than a second", 1500 * ms, 5 * time.Second, 1501 * ms},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				fetched := make(chan struct{}, 1)
				time.AfterFunc(tt.fetched, func() { fetched <- struct{}{} })
				began := time.Now()
				if err := wait(ctx, tt.wait, fetched); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != tt.end {
					t.Errorf("waited %s, want %s", took, tt.end)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*ms)
		defer cancel()
		if err := wait(ctx, time.Second, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("out of time: %v, want the context's error", err)
		}
	})
}

// A CA that says that it is busy is asked again when it wished, like one that
// cannot be reached; one that refuses is not.
func TestPollBusy(t *testing.T) {
	answered := func(status int, wish time.Duration) error {
		return &acmewire.Problem{Status: status, RetryAfter: wish, Request: &acmewire.Request{Status: status}}
	}
	gone := &acmewire.NetworkError{Stage: acmewire.StageConnect, Err: errors.New("refused")}
	page := &acmewire.ProtocolError{Request: acmewire.Request{Status: 502}, Found: "HTML"}
	for _, tt := range []struct {
		name     string
		says     []error // before it is done
		min, max time.Duration
		fails    bool
	}{
		{"503, later", []error{answered(503, 20*time.Second)}, 20 * time.Second, 21 * time.Second, false},
		{"503, next year", []error{answered(503, 365*24*time.Hour)}, time.Minute, 61 * time.Second, false},
		{"429, twice", []error{answered(429, 15*time.Second), answered(429, 15*time.Second)}, 30 * time.Second, 31 * time.Second, false},
		{"502 of a proxy, now and then", []error{page, nil, page, page, nil, page, page, page}, 3 * time.Second, 40 * time.Second, false},
		{"502 of a proxy, again and again", []error{page, page, page, page}, 3 * time.Second, 10 * time.Second, true},
		{"started again", []error{gone, gone, gone}, 3 * time.Second, 10 * time.Second, false},
		{"gone", []error{gone, gone, gone, gone}, 3 * time.Second, 10 * time.Second, true},
		{"refused", []error{answered(403, time.Second)}, 0, time.Second, true},
		{"broken", []error{answered(500, time.Second)}, 0, time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, asked := time.Now(), 0
				err := (&Engine{}).poll(t.Context(), StepOrder, "waiting", nil, func(context.Context) (answer, error) {
					asked++
					if asked > len(tt.says) {
						return answer{done: true}, nil
					}
					return answer{}, tt.says[asked-1]
				})
				if got := err != nil; got != tt.fails {
					t.Errorf("after %d questions: %v", asked, err)
				}
				if took := time.Since(began); took < tt.min || took > tt.max {
					t.Errorf("took %s, want %s to %s", took, tt.min, tt.max)
				}
			})
		})
	}
}
