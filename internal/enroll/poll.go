package enroll

import (
	"context"
	"errors"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// Poll says how patiently the engine asks. The zero value asks first after a
// few milliseconds and then ever more slowly.
type Poll struct {
	First time.Duration // before the first question; 0: 3ms, or 50ms where it is seen that the CA fetches the response
	Max   time.Duration // between questions without a Retry-After; 0: 5s
	Cap   time.Duration // of a Retry-After; 0: 1m
}

func (p Poll) first(seen bool) time.Duration {
	if seen {
		return orDefault(p.First, 50*time.Millisecond)
	}
	return orDefault(p.First, afterTelling)
}
func (p Poll) max() time.Duration { return orDefault(p.Max, 5*time.Second) }
func (p Poll) cap() time.Duration { return orDefault(p.Cap, time.Minute) }

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// toleratedFailures is how many times in a row the CA may be unreachable, or
// busy, while it is being polled.
const toleratedFailures = 3

// afterFailure is the least wait after such a failure: a server that is started
// again takes seconds.
const afterFailure = 500 * time.Millisecond

// answer is what one question of a poll found.
type answer struct {
	done       bool
	retryAfter time.Duration // the CA's wish; it bounds the next wait from below
}

// poll is the only poll loop. It asks until the answer is done, an error comes
// that is not a passing failure of the network or the CA, or ctx ends. The first
// wait does not heed Retry-After, since most CAs are done in milliseconds and
// send one all the same. A wait ends early when fetched signals that the CA has
// fetched the response, unless the CA asked for the wait; nil: that cannot be seen
// from here.
func (e *Engine) poll(ctx context.Context, step Step, what string, fetched <-chan struct{}, ask func(context.Context) (answer, error)) error {
	delay, failures := e.Poll.first(fetched != nil), 0
	for n := 0; ; n++ {
		if n > 0 { // the first wait is too short to tell
			e.emit(Event{Step: step, Message: what, Next: e.now().Add(delay)})
		}
		if err := wait(ctx, delay, fetched); err != nil {
			return err
		}
		got, err := ask(ctx)
		wish, busy := acmewire.Busy(err)
		_, unreachable := errors.AsType[*acmewire.NetworkError](err)
		switch {
		case (busy || unreachable) && failures < toleratedFailures:
			failures++
			got.retryAfter = max(wish, afterFailure)
			e.warn(step, "%v; asking again", err)
		case err != nil:
			return err
		case got.done:
			return nil
		default:
			failures = 0
		}
		if n > 0 { // what was not done at first often is right after
			delay = min(delay*2, e.Poll.max())
		}
		if wish := min(got.retryAfter, e.Poll.cap()); wish > 0 {
			delay, fetched = max(delay, wish), nil
		}
	}
}

// The CA may fetch from several places at once, and needs a moment to record the
// result: it is not polled sooner than this after it was told, or first fetched.
const (
	afterTelling = 3 * time.Millisecond
	afterFetch   = time.Millisecond
)

// wait waits d, or less when fetched signals.
func wait(ctx context.Context, d time.Duration, fetched <-chan struct{}) error {
	began := time.Now()
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-fetched:
			fetched = nil
			t.Reset(min(d, max(afterFetch, afterTelling-time.Since(began))))
		case <-t.C:
			return nil
		}
	}
}

// pending turns the end of a context into what it means for the user: out of
// time is a [PendingError], an interruption stays what it is.
func pending(err error, p *PendingError) error {
	if errors.Is(err, context.DeadlineExceeded) {
		p.Cause = err
		return p
	}
	return err
}
