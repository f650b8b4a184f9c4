package commands

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lab"
)

// renewal is what renew prints of one enrolment.
type renewal struct {
	Name, Because, Serial, Result string
	Error                         *report.Report
}

// renewed reads what renew printed, by enrolment.
func renewed(t *testing.T, r result) map[string]renewal {
	t.Helper()
	var doc struct{ Renewals []renewal }
	if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
		t.Fatalf("%v: %q, %q", err, r.out, r.err)
	}
	rows := map[string]renewal{}
	for _, row := range doc.Renewals {
		rows[row.Name] = row
	}
	return rows
}

// twoServers is a world with an enrolment at each of two labs. The first is
// closed: nothing answers there. The variables name the second.
func twoServers(t *testing.T) *world {
	t.Helper()
	w, first := newLabWorld(t, lab.Options{Dir: t.TempDir()})
	w.must(t, "enroll", "-n", "amf-gone", "--nf", w.path("amf.yaml"))
	other, _ := newLabWorld(t, lab.Options{Dir: t.TempDir()})
	for _, name := range []string{"NFCERT_SERVER", "NFCERT_CA_ROOT", "NFCERT_HTTP_LISTEN"} {
		w.env[name] = other.env[name]
	}
	w.must(t, "enroll", "-n", "amf-here", "--nf", w.path("amf.yaml"))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestRenewOthersGoOn guards that an enrolment whose server is gone stops none
// of the others, that each is renewed at its own server whatever the variables
// say, and that the command line can leave a server out.
func TestRenewOthersGoOn(t *testing.T) {
	t.Parallel()
	w := twoServers(t)
	r := w.run(t.Context(), "renew", "--due", "--at", "1e-12", "-o", "json")
	rows := renewed(t, r)
	if gone := rows["amf-gone"]; r.code != report.ExitFindings || gone.Result != "failed" || gone.Error == nil || gone.Error.Code != "unreachable" {
		t.Errorf("ended with %d, %+v; want %d and the one whose server is gone failed", r.code, gone, report.ExitFindings)
	}
	if here := rows["amf-here"]; here.Result != "renewed" || here.Serial == "" {
		t.Errorf("%+v, want the other renewed", here)
	}
	r = w.run(t.Context(), "renew", "--due", "--at", "1e-12", "-o", "json", "--server", w.env["NFCERT_SERVER"])
	if rows = renewed(t, r); r.code != report.ExitDone || len(rows) != 1 || rows["amf-here"].Result != "renewed" {
		t.Errorf("ended with %d, %+v; want the one at the named server renewed, and no other", r.code, rows)
	}
	// What its age says can be said without a CA.
	r = w.run(t.Context(), "renew", "--dry-run", "-o", "json")
	if rows = renewed(t, r); r.code != report.ExitDone || rows["amf-gone"].Because != "underWay" {
		t.Errorf("ended with %d, %+v; want the failed renewal under way", r.code, rows["amf-gone"])
	}
}

// TestRenewInterrupted guards that an interruption ends the whole run.
func TestRenewInterrupted(t *testing.T) {
	t.Parallel()
	w := twoServers(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := w.run(ctx, "renew", "--due", "--at", "1e-12", "-o", "json"); r.code != report.ExitInterrupted || r.out != "" {
		t.Errorf("ended with %d and %q, want %d and nothing", r.code, r.out, report.ExitInterrupted)
	}
}
