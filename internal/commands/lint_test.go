package commands

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/ui"
)

// forge writes a certificate of a kind below dir and returns its path.
func forge(t *testing.T, dir, kind string) string {
	t.Helper()
	f, err := newForger()
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.forgeries()[kind]()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, kind+".pem")
	var out []byte
	for _, der := range list {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLintOnTerminal guards that a person can mend a file from what is shown:
// severity, rule, field, what was wanted, fix and clause, and with -v why.
func TestLintOnTerminal(t *testing.T) {
	w := newWorld(t)
	w.onTerminal()
	bad, good := forge(t, t.TempDir(), "no-nftypes"), forge(t, t.TempDir(), "good")
	r := w.run(t.Context(), "lint", "--zlint", "off", bad, good)
	if r.code != report.ExitFindings {
		t.Errorf("got exit %d, want %d; stderr:\n%s", r.code, report.ExitFindings, r.err)
	}
	want := []string{
		bad + ": certificate, profile nf-tls (",
		"\n  error   nf-types-missing  nfTypes\n      nfTypes is missing\n      wanted: ",
		"\n      fix:    use nfcert csr --nf-type AMF",
		"\n      clause: TS 33.310 6.1.3c.3 (shall)",
		"\n" + good + ": certificate, profile nf-tls (",
		"): ok\n",
	}
	rest := r.out
	for _, part := range want {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("%q is missing, or not in its place, in\n%s", part, r.out)
		}
		rest = after
	}
	if strings.Contains(r.out, "\t") || strings.Contains(r.out, "why:") {
		t.Errorf("got TABs, or reasons that nobody asked for:\n%s", r.out)
	}
	for _, line := range strings.Split(r.out, "\n") {
		if len([]rune(line)) > w.streams.Width && strings.HasPrefix(line, "      ") {
			t.Errorf("line of %d characters, want at most %d: %s", len([]rune(line)), w.streams.Width, line)
		}
	}
	if verbose := w.run(t.Context(), "lint", "-v", "--zlint", "off", bad).out; !strings.Contains(verbose, "\n      why:    ") {
		t.Errorf("-v tells no reason:\n%s", verbose)
	}
	w.streams.Color = true
	if coloured := w.run(t.Context(), "lint", "--zlint", "off", bad).out; !strings.Contains(coloured, "\x1b[31merror  \x1b[0m") {
		t.Errorf("a terminal with colour shows no error in red:\n%q", coloured)
	}
}

// TestLintListOnTerminal guards that each rule has one line of at most 80 columns.
func TestLintListOnTerminal(t *testing.T) {
	w := newWorld(t)
	w.onTerminal()
	w.streams.Width = 80
	lines := strings.Split(strings.TrimSuffix(w.must(t, "lint", "--list").out, "\n"), "\n")
	if got, want := len(lines), len(lint.Rules())+1; got != want {
		t.Errorf("got %d lines, want %d: a header and one for each rule", got, want)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("got a line of %d columns, want at most 80: %s", n, line)
		}
	}
	if want := "nf-types-missing             error     nfTypes is missing"; !slices.Contains(lines, want) {
		t.Errorf("got no line %q in\n%s", want, strings.Join(lines, "\n"))
	}
}

// TestLintHostileNames guards that nothing of a certificate drives a terminal.
func TestLintHostileNames(t *testing.T) {
	w := newWorld(t)
	w.onTerminal()
	r := w.run(t.Context(), "lint", "-v", "--zlint", "off", forge(t, t.TempDir(), "hostile"))
	if r.code != report.ExitFindings {
		t.Errorf("got exit %d, want %d", r.code, report.ExitFindings)
	}
	for line := range strings.SplitSeq(r.out+r.err, "\n") {
		if line != ui.Clean(line, 0) {
			t.Errorf("line %q is not clean", line)
		}
		if strings.HasPrefix(line, "nfcert: ok") {
			t.Errorf("a name forged the line %q", line)
		}
	}
}

// TestLintManyInOrder guards the order of many files, judged at once, and that
// each is reported.
func TestLintManyInOrder(t *testing.T) {
	dir := t.TempDir()
	good, bad := forge(t, dir, "good"), forge(t, dir, "no-nftypes")
	var list, want bytes.Buffer
	for i := range 400 {
		switch {
		case i%50 == 7:
			list.WriteString(filepath.Join(dir, "missing.pem") + "\n")
			want.WriteString("unreadable\n")
		case i%3 == 0:
			list.WriteString(bad + "\n")
			want.WriteString("error\n")
		default:
			list.WriteString(good + "\n")
			want.WriteString("ok\n")
		}
	}
	w := newWorld(t)
	w.streams.In = &list
	r := w.run(t.Context(), "lint", "--zlint", "off", "--files-from", "-")
	var got bytes.Buffer
	for line := range strings.Lines(r.out) {
		fmt.Fprintln(&got, strings.Split(line, "\t")[2])
	}
	if r.code != report.ExitFindings || got.String() != want.String() {
		t.Errorf("got exit %d and the verdicts\n%s\nwant %d and\n%s", r.code, got.String(), report.ExitFindings, want.String())
	}
}
