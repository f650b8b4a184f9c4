package acmewire

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds Retry-After, so that no arithmetic overflows.
const maxRetryAfter = 30 * 24 * time.Hour

// retryAfter reads Retry-After (RFC 9110 section 10.2.3), seconds or a date,
// as a duration from the answer on. It is zero if the field is absent, past,
// negative or unreadable.
func (e *Exchange) retryAfter() time.Duration {
	d, _ := e.readRetryAfter()
	return d
}

// readRetryAfter is retryAfter that also reports whether the field is there and
// is used as it stands.
func (e *Exchange) readRetryAfter() (d time.Duration, usable bool) {
	v := strings.TrimSpace(e.header.Get("Retry-After"))
	const most = int64(maxRetryAfter / time.Second)
	n, err := strconv.ParseInt(v, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) { // out of range, n is the limit on that side
		return time.Duration(min(max(0, n), most)) * time.Second, n >= 0 && n <= most
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	now := e.Time.Add(e.Duration)
	if ahead, ok := e.Skew(); ok { // a date is by the server's clock
		now = now.Add(ahead)
	}
	wait := t.Sub(now)
	// A date that has just passed means now, to the second.
	return min(max(0, wait), maxRetryAfter), wait >= -2*time.Second && wait <= maxRetryAfter
}

// Limits of retries without asking the caller.
const (
	maxBadNonce  = 32               // refused nonces in a row; a server that refuses half of them gets through
	maxTries     = 3                // of a request that a busy server refused
	patience     = 10 * time.Second // the caller decides about a longer Retry-After
	quickRetries = 5                // refused nonces that are retried immediately
)

// retryDelay decides whether the n-th failed try (from 1) of an exchange is
// followed by another, and after how long. A refused nonce is retried at once
// (RFC 8555 section 6.5), other refusals only if the server did not act: it
// answered 429 with Retry-After, or the request only reads.
func retryDelay(n int, e *Exchange) (time.Duration, bool) {
	const immediately = time.Nanosecond
	requested, asked := e.retryAfter(), e.header.Get("Retry-After") != ""
	switch {
	case e.Status < 400:
		// x/crypto/acme also asks after an unexpected 2xx. Such a request must
		// never be repeated: it would create a second account.
		return 0, false
	case isBadNonce(e) && n <= quickRetries:
		return immediately, true
	case isBadNonce(e):
		return min(time.Duration(n-quickRetries)*5*time.Millisecond, 25*time.Millisecond), n <= maxBadNonce
	case n >= maxTries, requested > patience:
		return 0, false
	case e.Status == http.StatusTooManyRequests && asked:
		return max(requested, 100*time.Millisecond), true
	case e.Status >= 500 && e.reads:
		return max(requested, time.Duration(n)*200*time.Millisecond), true
	}
	return 0, false
}
