package interop_test

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/interop/realca"
)

// nfcert is killed at instants spread over a whole enrolment, and the same
// command then finishes it at a server that nobody told of it: with the account
// and the order of the run that died, as Pebble lists an account's orders.
func TestPebbleKilled(t *testing.T) {
	const trials, spread = 24, 6 * time.Millisecond
	ca := startPebble(t, realca.PebbleOptions{})
	killed := 0
	for i := range trials {
		b := pebbleBench(t, ca)
		args := slices.Concat([]string{"enroll", "-n", "amf-01", "--accept-tos"}, sampleNF(), b.answering(), b.saving())
		before := ca.Log()
		if b.killAfter(time.Duration(i)*spread, args...) {
			killed++
		}
		b.judgeCertificate(b.run(args...))
		b.judgeRecovery(time.Duration(i)*spread, strings.TrimPrefix(ca.Log(), before))
	}
	if killed == 0 {
		t.Error("every run ended before it was killed, so nothing was tested")
	}
}

// The same for each step in a process of its own: killed, then run again.
func TestPebbleStepsKilled(t *testing.T) {
	const trials, spread = 10, 3 * time.Millisecond
	ca := startPebble(t, realca.PebbleOptions{})
	killed := 0
	for i := range trials {
		b := pebbleBench(t, ca)
		before := ca.Log()
		var last []byte
		for _, args := range [][]string{
			{"account", "--accept-tos"},
			append([]string{"csr", "-n", "amf-01"}, sampleNF()...),
			append([]string{"order", "-n", "amf-01"}, b.answering()...),
			append([]string{"finalize", "-n", "amf-01"}, b.saving()...),
		} {
			if b.killAfter(time.Duration(i+2)*spread, args...) {
				killed++
			}
			last, _ = b.exec(0, args...)
		}
		b.judgeCertificate(decode[document](t, "Enrolment", last))
		b.judgeRecovery(time.Duration(i+2)*spread, strings.TrimPrefix(ca.Log(), before))
	}
	if killed == 0 {
		t.Error("every step ended before it was killed, so nothing was tested")
	}
}

// judgeRecovery reads in Pebble's log how a run that was killed after d and the
// run that finished made their account and order. An order that was being
// validated when its web server died is invalid and rightly followed by another.
func (b *bench) judgeRecovery(d time.Duration, log string) {
	b.t.Helper()
	if n := strings.Count(log, "accounts in memory"); n != 1 {
		b.t.Errorf("killed after %v: %d accounts at Pebble, want 1", d, n)
	}
	want := 1 + strings.Count(log, "set INVALID by invalid authz")
	if n := strings.Count(log, "Added order"); n != want {
		b.t.Errorf("killed after %v: %d orders at Pebble, want %d", d, n, want)
	}
}

// killAfter runs a command and kills it after d. It reports whether the
// command had not ended by then.
func (b *bench) killAfter(d time.Duration, args ...string) bool {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), d)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.binary, args...)
	cmd.Env, cmd.Dir = b.env, b.dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	if ctx.Err() == nil {
		b.t.Fatal(fmt.Errorf("nfcert %s: %w\n%s", strings.Join(args, " "), err, out))
	}
	return true
}

// A renewal is killed at instants spread over it; the same command then ends
// it, with the order of the run that died, and key and certificate fit.
func TestPebbleRenewKilled(t *testing.T) {
	const trials, spread = 16, 8 * time.Millisecond
	ca := startPebble(t, realca.PebbleOptions{})
	killed := 0
	for i := range trials {
		b := pebbleBench(t, ca)
		before := ca.Log()
		first := b.judgeCertificate(b.oneShot(nil))
		args := append([]string{"renew", "-n", "amf-01"}, b.answering()...)
		d := time.Duration(i+1) * spread
		if b.killAfter(d, args...) {
			killed++
		}
		stdout, _ := b.exec(0, args...)
		if second := b.judgeCertificate(decode[document](t, "Enrolment", stdout)); second.SerialNumber.Cmp(first.SerialNumber) == 0 {
			t.Errorf("killed after %v: the first certificate is still installed", d)
		}
		saved := decode[struct {
			Generation int `json:"generation"`
			Journal    any `json:"journal"`
			Renewal    any `json:"renewal"`
		}](t, "Enrolment", stdout)
		if saved.Journal != nil || saved.Renewal != nil {
			t.Errorf("killed after %v: %+v, want nothing in flight", d, saved)
		}
		log := strings.TrimPrefix(ca.Log(), before)
		want := saved.Generation + strings.Count(log, "set INVALID by invalid authz")
		if n := strings.Count(log, "Added order"); n != want {
			t.Errorf("killed after %v: %d orders at Pebble for %d certificates, want %d", d, n, saved.Generation, want)
		}
	}
	if killed == 0 {
		t.Error("every renewal ended before it was killed, so nothing was tested")
	}
}
