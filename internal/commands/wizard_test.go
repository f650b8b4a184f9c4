package commands

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/ui"
)

// script answers the questions in their order. A menu is answered by the start
// of an option, yes and no by these words, and "-" takes the default.
type script struct {
	t       *testing.T
	answers []string
	asked   []string
}

func (s *script) next(question string) (string, error) {
	s.asked = append(s.asked, question)
	if len(s.answers) == 0 {
		return "", fmt.Errorf("%s: %w", question, io.EOF)
	}
	answer := s.answers[0]
	s.answers = s.answers[1:]
	if answer == "^C" {
		return "", ui.ErrInterrupted
	}
	return answer, nil
}

func (s *script) Confirm(question string, def bool) (bool, error) {
	answer, err := s.next(question)
	return answer == "yes" || answer == "-" && def, err
}

func (s *script) Input(question, def string) (string, error) {
	answer, err := s.next(question)
	if answer == "-" {
		return def, err
	}
	return answer, err
}

func (s *script) Select(question string, options []string) (int, error) {
	answer, err := s.next(question)
	if err != nil {
		return 0, err
	}
	for i, o := range options {
		if strings.HasPrefix(o, answer) {
			return i, nil
		}
	}
	s.t.Fatalf("%s: none of %q begins with %q", question, options, answer)
	return 0, nil
}

func (s *script) Secret(question string) (string, error) { return s.next(question) }

// wizardRun runs csr in dir with the answers.
func wizardRun(t *testing.T, dir string, answers ...string) (code int, asked []string, stdout, stderr string) {
	t.Helper()
	return wizardRunAs(t, dir, []string{"csr"}, answers...)
}

// wizardRunAs is wizardRun with a command line of its own.
func wizardRunAs(t *testing.T, dir string, args []string, answers ...string) (code int, asked []string, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	s := &script{t: t, answers: answers}
	env := map[string]string{"HOME": dir, "NFCERT_STATE": filepath.Join(dir, "state")}
	streams := ui.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
	code = runEnv(context.Background(), &cli.Env{Streams: streams, Getenv: func(k string) string { return env[k] }, Version: "test", Args: args, Clock: time.Now, Prompt: s})
	return code, s.asked, out.String(), errs.String()
}

func TestWizard(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "smf.yaml")
	code, asked, stdout, stderr := wizardRun(t, dir,
		"SMF", "nf-tls ", "1-1", "001-01", "", "-", "Sweden", "se", "smf1.smf.5gc.", "a_b.example", "", "P384", "-", "yes", "yes", file)
	if code != 0 {
		t.Fatalf("exit %d\n%s\nasked %q", code, stderr, asked)
	}
	for _, want := range []string{
		"mnc \"1\"", "country \"SWEDEN\"", "underscore", // wrong answers, and why
		"nfcert csr -n smf-01 --nf-type SMF --nf-instance-id ", " --plmn 001-01 --country SE --fqdn smf1.smf.5gc.mnc001.mcc001.3gppnetwork.org --profile nf-tls --key P384",
		"next: nfcert order -n smf-01",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr lacks %q:\n%s", want, stderr)
		}
	}
	if !strings.Contains(stdout, "smf-01") {
		t.Errorf("stdout %q, want the enrolment", stdout)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	saved, _, err := nf.ParseFile(file, data)
	if err != nil || saved.NF.Type != "SMF" || saved.Certificate.Profile != "nf-tls" || saved.Certificate.Key != "P384" {
		t.Errorf("NF file %+v, %v", saved, err)
	}
	for _, flag := range []string{"--nf-type", "--profile", "--plmn", "--nid", "--nf-instance-id", "--country", "--fqdn", "--key", "-n)"} {
		if !strings.Contains(strings.Join(asked, "\n"), flag) {
			t.Errorf("no question names %s: %q", flag, asked)
		}
	}

	// The next one is proposed another name, and nothing is overwritten unasked.
	code, _, _, stderr = wizardRun(t, dir, "SMF", "nf-tls ", "001-01", "", "-", "SE", "another", "smf2.example.org", "smf3.example.org", "", "P256", "-", "yes", "yes", file, "no")
	if code != 0 || !strings.Contains(stderr, "-n smf-02") || !strings.Contains(stderr, "--fqdn smf2.example.org --fqdn smf3.example.org") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
	if again, err := os.ReadFile(file); err != nil || string(again) != string(data) {
		t.Errorf("the NF file was replaced: %v", err)
	}
}

// A name is not what the enrolment is: with -n it asks the rest, once.
func TestWizardNamed(t *testing.T) {
	dir := t.TempDir()
	answers := []string{"AMF", "nf-tls ", "001-01", "", "-", "SE", "amf1", "", "P256", "yes", "no"}
	code, asked, _, stderr := wizardRunAs(t, dir, []string{"csr", "-n", "east"}, answers...)
	if code != 0 || !strings.Contains(stderr, "nfcert csr -n east --nf-type AMF") || strings.Contains(strings.Join(asked, "\n"), "(-n)") {
		t.Errorf("exit %d, asked %q\n%s", code, asked, stderr)
	}
	code, asked, stdout, _ := wizardRunAs(t, dir, []string{"csr", "-n", "east"})
	if code != 0 || len(asked) > 0 || !strings.Contains(stdout, "east") {
		t.Errorf("again: exit %d, asked %q, stdout %q; want it unchanged", code, asked, stdout)
	}
}

// A profile that is not an NF's of the operator asks for what it needs, and
// offers the keys that it takes.
func TestWizardOtherProfiles(t *testing.T) {
	dir := t.TempDir()
	code, asked, _, stderr := wizardRun(t, dir, "AF", "af-tls", "001-01", "", "-", "CN", "C=SE, O=Example AB, CN=af.example.com", "another", "af.example.com", "", "P256", "af-x", "yes", "no")
	if code != 0 || !strings.Contains(stderr, "--subject 'C=SE, O=Example AB, CN=af.example.com'") {
		t.Errorf("exit %d\n%s\nasked %q", code, stderr, asked)
	}
	code, asked, _, stderr = wizardRun(t, dir, "SEPP", "n32-encryption", "001-01", "", "-", "SE", "no name", "RSA3072", "-", "yes", "no")
	if code != 0 || !strings.Contains(stderr, "--key RSA3072") {
		t.Errorf("exit %d\n%s\nasked %q", code, stderr, asked)
	}
}

func TestWizardGivenUp(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []string
		code    int
	}{
		"interrupted":   {[]string{"AMF", "nf-tls ", "^C"}, report.ExitInterrupted},
		"ended":         {[]string{"AMF", "nf-tls "}, report.ExitUsage},
		"not confirmed": {[]string{"AMF", "nf-tls ", "001-01", "", "-", "SE", "amf1", "", "P256", "-", "no"}, report.ExitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			code, _, stdout, stderr := wizardRun(t, dir, tt.answers...)
			if code != tt.code || stdout != "" {
				t.Errorf("exit %d, want %d; stdout %q, stderr %s", code, tt.code, stdout, stderr)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("it left %v, %v", left, err)
			}
		})
	}
}

// The names that it proposes fit each other: amf2 is amf-02.
func TestWizardNumbers(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		args    []string
		answers []string
		want    string
	}{
		{nil, []string{"MB_UPF", "nf-tls ", "001-01", "", "-", "SE", "mb-upf1.", "", "P256", "-", "yes", "no"}, "-n mb-upf-01 --nf-type MB_UPF"},
		{nil, []string{"MB_UPF", "nf-tls ", "001-01", "", "-", "SE", "mb-upf2.", "", "P256", "-", "yes", "no"}, "-n mb-upf-02 --nf-type MB_UPF"},
		{nil, []string{"MB_UPF", "nf-tls ", "001-01", "", "-", "SE", "another", "mb-upf7.example.org", "", "P256", "-", "yes", "no"}, "-n mb-upf-07 --nf-type MB_UPF"},
		{nil, []string{"MB_UPF", "nf-tls ", "001-01", "", "-", "SE", "another", "mb-upf1.example.org", "", "P256", "-", "yes", "no"}, "-n mb-upf-03 --nf-type MB_UPF"},
		{[]string{"-n", "amf-5"}, []string{"AMF", "nf-tls ", "001-01", "", "-", "SE", "amf5.", "", "P256", "yes", "no"}, "-n amf-5 --nf-type AMF"},
	} {
		code, asked, _, stderr := wizardRunAs(t, dir, append([]string{"csr"}, tt.args...), tt.answers...)
		if code != 0 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: exit %d, want %q; asked %q\n%s", tt.answers, code, tt.want, asked, stderr)
		}
	}
}
