package enroll

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A wait ends a moment after the CA looked, is never shorter than the CA needs
// after it was told, and otherwise as long as it was to be.
func TestWait(t *testing.T) {
	const never = time.Hour
	ms := time.Millisecond
	for _, tt := range []struct {
		name              string
		looked, wait, end time.Duration
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
				looked := make(chan struct{}, 1)
				time.AfterFunc(tt.looked, func() { looked <- struct{}{} })
				began := time.Now()
				if err := wait(ctx, tt.wait, looked); err != nil {
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
