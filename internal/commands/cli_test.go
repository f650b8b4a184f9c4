package commands

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/report"
)

// walk calls visit for a command and all below it.
func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, c := range cmd.Commands() {
		walk(c, visit)
	}
}

// pathOf is what is typed to reach a command.
func pathOf(cmd *cobra.Command) []string { return strings.Fields(cmd.CommandPath())[1:] }

// TestHelp guards that each command explains itself on stdout, however it is
// asked to, and that those that act have a Short that is one line.
func TestHelp(t *testing.T) {
	w := newWorld(t)
	walk(Tree(), func(cmd *cobra.Command) {
		path := pathOf(cmd)
		long := w.run(t.Context(), append([]string{"help"}, path...)...)
		if long.code != 0 || long.err != "" || len(long.out) < 40 {
			t.Errorf("nfcert help %s: exit %d, stdout %q, stderr %q; want a page on stdout", strings.Join(path, " "), long.code, long.out, long.err)
		}
		if !cmd.Runnable() {
			return // a topic
		}
		flag := w.run(t.Context(), append(path, "--help")...)
		if flag.code != 0 || flag.out != long.out || flag.err != "" {
			t.Errorf("nfcert %s --help: exit %d and another page than nfcert help %[1]s", strings.Join(path, " "), flag.code)
		}
		if !strings.Contains(flag.out, "Usage:") {
			t.Errorf("nfcert %s --help has no usage line:\n%s", strings.Join(path, " "), flag.out)
		}
		if short := cmd.Short; short == "" || strings.Contains(short, "\n") || strings.HasSuffix(short, ".") {
			t.Errorf("nfcert %s: short text %q, want one line without a full stop", strings.Join(path, " "), short)
		}
	})
}

// TestTopics guards that the topics of the contract are there.
func TestTopics(t *testing.T) {
	w := newWorld(t)
	for _, topic := range []string{"exit-codes", "environment", "output", "json", "challenges", "state", "deviations", "glossary"} {
		r := w.must(t, "help", topic)
		if !strings.Contains(r.out, "\n\n") {
			t.Errorf("help %s is %q, want a page", topic, r.out)
		}
		if again := w.run(t.Context(), topic); again.out != r.out {
			t.Errorf("nfcert %s: exit %d, stdout %q; want the page of help %[1]s", topic, again.code, again.out)
		}
	}
}

// TestTypos guards that a misspelt word or flag ends with 2 and a proposal, and
// never does anything.
func TestTypos(t *testing.T) {
	for _, tt := range []struct {
		in   string // the command line
		want string // in the hint or the message
	}{
		{"acount", "did you mean: nfcert account"},
		{"ls", "did you mean: nfcert show"},
		{"list", "did you mean: nfcert show"},
		{"status", "did you mean: nfcert show"},
		{"account ls", "did you mean: nfcert account list"},
		{"order ls", "did you mean: nfcert order list"},
		{"finalise", "did you mean: nfcert finalize"},
		{"enrol", "did you mean: nfcert enroll"},
		{"account lst", "did you mean: nfcert account list"},
		{"csr profile", "did you mean: nfcert csr profiles"},
		{"order slove", "did you mean: nfcert order solve"},
		{"show cret", "did you mean: nfcert show cert"},
		{"lab upp", "did you mean: nfcert lab up"},
		{"completion bsh", "nfcert completion bash"},
		{"help acount", "nfcert account"},
		{"help account lst", "nfcert account list"},
		{"finalize amf-01 amf-02", "takes one name"},
		{"enroll amf-01 -n amf-02", "the argument names"},
		{"version now", "takes no argument"},
		{"lab", "needs one of its subcommands"},
		{"lab exec", "a command after --"},
		{"account --serv x", "unknown flag: --serv"},
		{"order -z", "unknown shorthand flag"},
		{"account --timeout soon", "--timeout"},
		{"account --timeout 0s", "want more than zero"},
		{"account --output nonsense", "one of: table, json, name"},
		{"account -o amf.json", "one of: table, json, name"},
		{"account --color blue", "want auto, always or never"},
		{"account --client-key x.pem", "without --client-cert"},
		{"order -n a --challenge dns-01", "one of: auto, http-01"},
		{"order -n a --webroot x --published", "three ways to do the same"},
		{"order -n a --http-listen nowhere", "as in --http-listen :80"},
		{"order -n a --identifier amf1.example", "TYPE:VALUE"},
		{"order -n a --not-after tomorrow", "neither a time nor a duration"},
		{"order -n a --no-wait", "--webroot DIR, or --published"},
		{"account --eab-alg RS256", "want one of HS256, HS384, HS512"},
		{"account --eab-cmd 'x", "no shell is between"},
		{"account --eab-cmd x --eab-kid k", "leave one of them out"},
		{"account export", "the file to write"},
		{"account import a b", "the file to read"},
		{"account --account-key DSA", "P256"},
		{"account --contact nobody", "no mail address"},
		{"account update --contact a@b.example --no-contact", "contradict"},
		{"lab up --misbehave nonsense", "unknown misbehaviour \"nonsense\", want one of"},
		{"lab up --listen 0.0.0.0:0", "not loopback"},
		{"enroll --lab --server https://ca.example/", "omit one of them"},
		{"finalize -n a --cert-out - --key-out -", "stdout can carry one file"},
		{"show cert", "needs the name of an enrolment"},
		{"show csr a b", "at most one file"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			w := newWorld(t)
			args := strings.Fields(tt.in)
			people := w.run(t.Context(), args...)
			if people.code != report.ExitUsage || !strings.Contains(people.err, tt.want) {
				t.Errorf("exit %d, stderr %q; want 2 and %q", people.code, people.err, tt.want)
			}
			if people.out != "" {
				t.Errorf("stdout has %q, want nothing", people.out)
			}
			if strings.Contains(tt.in, "-o") {
				return
			}
			machine := w.run(t.Context(), append([]string{"-o", "json"}, args...)...)
			if doc := machine.report(t); doc.Code != "usage" || doc.Fault != report.FaultUsage {
				t.Errorf("got code %q and fault %q, want usage", doc.Code, doc.Fault)
			}
		})
	}
}

// TestUsageErrorAsJSON guards that an error is a document however -o json was
// said, also when the command line cannot be parsed, and that what follows --
// does not count.
func TestUsageErrorAsJSON(t *testing.T) {
	for _, tt := range []struct {
		in   string
		env  string
		want bool
	}{
		{"account --bogus", "", false},
		{"account --bogus -o json", "", true},
		{"account --bogus -ojson", "", true},
		{"account --bogus -o=json", "", true},
		{"account --bogus --output json", "", true},
		{"account --bogus --output=jsonl", "", true},
		{"account --bogus", "json", true},
		{"account --bogus -o table", "json", false},
		{"acount -o json", "", true},
		{"account --bogus -- -o json", "", false},
	} {
		w := newWorld(t)
		w.env["NFCERT_OUTPUT"] = tt.env
		r := w.run(t.Context(), strings.Fields(tt.in)...)
		if got := strings.HasPrefix(r.err, "{"); got != tt.want || r.code != report.ExitUsage {
			t.Errorf("%s with NFCERT_OUTPUT=%q: exit %d, a document: %t; want 2, %t\n%s", tt.in, tt.env, r.code, got, tt.want, r.err)
		}
	}
}

// TestCompletion guards the scripts of all shells, and that a shell is offered
// the commands and flags.
func TestCompletion(t *testing.T) {
	w := newWorld(t)
	for shell, want := range map[string]string{"bash": "__start_nfcert", "zsh": "#compdef nfcert", "fish": "complete -c nfcert", "powershell": "Register-ArgumentCompleter"} {
		if r := w.must(t, "completion", shell); !strings.Contains(r.out, want) {
			t.Errorf("completion %s lacks %q", shell, want)
		}
	}
	if r := w.must(t, "__complete", "order", "s"); !strings.Contains(r.out, "solve\t") {
		t.Errorf("completing order s: got %q, want solve", r.out)
	}
	if r := w.must(t, "__complete", "finalize", "--fullchain"); !strings.Contains(r.out, "--fullchain-out") {
		t.Errorf("completing --fullchain: got %q, want --fullchain-out", r.out)
	}
}

// TestVersion guards what a bug report starts with.
func TestVersion(t *testing.T) {
	w := newWorld(t)
	if r := w.must(t, "version"); !strings.HasPrefix(r.out, "nfcert ") || strings.Count(r.out, "\n") != 1 {
		t.Errorf("got %q, want one line that starts with nfcert", r.out)
	}
	if r := w.must(t, "version", "-o", "name"); r.out == "" {
		t.Errorf("version -o name prints nothing")
	}
}
