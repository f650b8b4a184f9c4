package commands

import (
	"maps"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lab"
)

// onTerminal makes all streams a terminal.
func (w *world) onTerminal() {
	w.streams.InTTY, w.streams.OutTTY, w.streams.ErrTTY = true, true, true
}

// TestTerminal guards what people see: a header over aligned columns, ages
// beside times; and in a pipe none of that.
func TestTerminal(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{})
	w.must(t, "enroll", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	w.must(t, "csr", "-n", "amf-number-2", "--nf", w.path("amf.yaml"))
	pipe := w.must(t, "show").out
	w.onTerminal()
	list := w.must(t, "show").out
	lines := strings.Split(strings.TrimSpace(list), "\n")
	if len(lines) != 3 || !regexp.MustCompile(`^NAME +NF +STATUS +NOT AFTER +SERVER +NEXT$`).MatchString(lines[0]) {
		t.Fatalf("got\n%s\nwant a header and two rows", list)
	}
	column := strings.Index(lines[0], "STATUS")
	if !strings.HasPrefix(lines[1][column:], "certificate issued") || !strings.HasPrefix(lines[2][column:], "CSR made") {
		t.Errorf("the column STATUS is not aligned:\n%s", list)
	}
	if !strings.Contains(lines[1], "in 89d") {
		t.Errorf("row %q has no age, want in 89d", lines[1])
	}
	if strings.Contains(list, "\t") {
		t.Errorf("a terminal got TABs:\n%s", list)
	}
	if strings.Contains(pipe, "NAME") || strings.Contains(pipe, "in 89d") || strings.Count(pipe, "\t") != 10 {
		t.Errorf("a pipe got\n%s\nwant two rows of six columns without a header", pipe)
	}
	one := w.must(t, "show", "-n", "amf-01").out
	if !regexp.MustCompile(`(?m)^not after: +20[0-9-]+T[0-9:]+Z \(in 89d\)$`).MatchString(one) {
		t.Errorf("got\n%s\nwant not after with its age", one)
	}
}

// TestColour guards that there is colour only where it is wanted, never as the
// only carrier of a meaning, and never in a document.
func TestColour(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{})
	for _, tt := range []struct {
		name             string
		tty, want, piped bool // want: Streams.Color, piped: Streams.ColorPipe
		coloured         bool
	}{
		{"pipe", false, true, false, false},
		{"terminal without the wish", true, false, false, false},
		{"terminal", true, true, false, true},
		{"pipe with --color always", false, true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{env: w.env, streams: w.streams}
			w.streams.OutTTY, w.streams.ErrTTY, w.streams.Color, w.streams.ColorPipe = tt.tty, tt.tty, tt.want, tt.piped
			w.streams.Dumb = true // no line is drawn over
			for _, args := range [][]string{{"account"}, {"csr", "-n", "amf-01", "--nf", w.path("amf.yaml"), "--omit", "uri"}, {"show"}, {"order", "-n", "nothing"}} {
				r := w.run(t.Context(), args...)
				if !tt.coloured && strings.Contains(r.out+r.err, "\x1b") {
					t.Errorf("nfcert %v is coloured: %q %q", args, r.out, r.err)
				}
			}
			if r := w.run(t.Context(), "order", "-n", "nothing"); strings.Contains(r.err, "\x1b[31mnfcert:\x1b[0m") != tt.coloured {
				t.Errorf("an error is %q, coloured want %t", r.err, tt.coloured)
			}
			if r := w.must(t, "account", "-o", "json"); strings.Contains(r.out+r.err, "\x1b") {
				t.Errorf("a document is coloured: %q", r.out)
			}
		})
	}
}

// TestTermsPrompt guards who is asked about the CA's terms: a person at a
// terminal, and nobody else.
func TestTermsPrompt(t *testing.T) {
	t.Parallel()
	const terms = "https://ca.example/terms"
	w, _ := newLabWorld(t, lab.Options{TermsOfService: terms})
	for _, tt := range []struct {
		name   string
		pipe   bool
		ci     string
		answer string
		args   []string
		code   int
		asked  bool
	}{
		{name: "yes", answer: "y\n", code: report.ExitDone, asked: true},
		{name: "no", answer: "n\n", code: report.ExitUsage, asked: true},
		{name: "silence", answer: "\n", code: report.ExitUsage, asked: true},
		{name: "end of input", answer: "", code: report.ExitUsage, asked: true},
		{name: "Ctrl-C", answer: "\x03", code: report.ExitInterrupted, asked: true},
		{name: "pipe", pipe: true, answer: "y\n", code: report.ExitUsage},
		{name: "CI", ci: "1", answer: "y\n", code: report.ExitUsage},
		{name: "no-input", answer: "y\n", args: []string{"--no-input"}, code: report.ExitUsage},
		{name: "json", answer: "y\n", args: []string{"-o", "json"}, code: report.ExitUsage},
		{name: "yes is no agreement", answer: "", args: []string{"--yes"}, code: report.ExitUsage, asked: true},
		{name: "agreed before", pipe: true, args: []string{"--accept-tos"}, code: report.ExitDone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{env: maps.Clone(w.env), streams: w.streams}
			w.env["CI"] = tt.ci
			if !tt.pipe {
				w.onTerminal()
			}
			w.streams.Dumb = true
			w.streams.In = strings.NewReader(tt.answer)
			account := strings.ReplaceAll(tt.name, " ", "-")
			r := w.run(t.Context(), append([]string{"account", "--account", account}, tt.args...)...)
			if r.code != tt.code || strings.Contains(r.err, "Do you agree?") != tt.asked {
				t.Errorf("exit %d, asked %t; want %d, %t\n%s", r.code, strings.Contains(r.err, "Do you agree?"), tt.code, tt.asked, r.err)
			}
			if strings.Contains(r.out, "Do you") {
				t.Errorf("stdout was asked on: %q", r.out)
			}
			if r.code != report.ExitDone && !strings.Contains(r.err, terms) {
				t.Errorf("the terms are not named:\n%s", r.err)
			}
		})
	}
}

// forgeries are characters of [forged] that must reach no output as they are.
func forgeries(text string) (found []rune) {
	for _, r := range text {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			found = append(found, r)
		}
	}
	return found
}

// TestForgedText guards that what a server says cannot drive a terminal, hide
// or reorder text: in errors, lists, requests and traces.
func TestForgedText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, root := serveTLS(forgedServer, t.Cleanup)
	write(t, w.path("ca.pem"), string(root))
	write(t, w.path("amf.yaml"), nfFile)
	w.env["NFCERT_SERVER"], w.env["NFCERT_CA_ROOT"] = url+"/directory", w.path("ca.pem")
	for _, tty := range []bool{false, true} {
		for _, args := range [][]string{
			{"account"}, {"account", "-vv"}, {"account", "--trace", "-"}, {"account", "-o", "json"}, {"show", "server"}, {"show", "server", "-o", "json"},
			{"enroll", "-n", "amf-01", "--nf", w.path("amf.yaml"), "--http-listen", "127.0.0.1:0"}, {"show", "trace", "-n", "amf-01"},
		} {
			w.streams.OutTTY, w.streams.ErrTTY, w.streams.Dumb = tty, tty, true
			r := w.run(t.Context(), args...)
			if bad := forgeries(r.out + r.err); len(bad) > 0 {
				t.Errorf("nfcert %v (terminal: %t) lets %q through:\n%q\n%q", args, tty, bad, r.out, r.err)
			}
			if args[0] == "account" && (r.code != report.ExitRefused || !strings.Contains(r.err, "rejected ")) {
				t.Errorf("nfcert %v ended with %d and %q, want 4 and the harmless part of the words", args, r.code, r.err)
			}
		}
	}
}
