package lint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/zlint"
)

// Words of --zlint.
const (
	zlintAuto = "auto"
	zlintOff  = "off"
)

// zlintNotRun is the version of zlint in documents if its lints did not run.
const zlintNotRun = "not run"

// zlintInstall is the command that installs nfcert-zlint.
const zlintInstall = "go install github.com/nfcert/nfcert/cmd/nfcert-zlint@latest"

// zlintName is the source of zlint's findings. As a rule in --only and --skip it
// means all lints of zlint.
const zlintName = "zlint"

// splitRules separates our rules from the lints of zlint.
func splitRules(rules []string) (ours, zlints []string) {
	for _, r := range rules {
		if isZlintRule(r) {
			zlints = append(zlints, r)
		} else {
			ours = append(ours, r)
		}
	}
	return ours, zlints
}

// isZlintRule reports whether a rule is zlint, or named as zlint names its lints:
// e_ext_san_missing, w_…, n_….
func isZlintRule(rule string) bool {
	return rule == zlintName || len(rule) > 2 && rule[1] == '_' && strings.ContainsRune("ewn", rune(rule[0]))
}

// matchesLint reports whether a pattern matches a lint of zlint. As in our own
// rules, a * at the end matches any rest.
func matchesLint(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, open := strings.CutSuffix(p, "*")
		return p == zlintName || p == name || open && strings.HasPrefix(name, prefix)
	})
}

// zlintRun runs zlint's lints for all workers. It is safe for concurrent use.
type zlintRun struct {
	path     string // of nfcert-zlint; "" if it was not found
	required bool   // by --zlint PATH: if the program cannot be used, lint fails
	selects  func(name string) bool

	mu      sync.Mutex
	version string
	skipped bool  // at least one certificate was not judged
	failure error // why the program is no longer used
}

// newZlintRun returns the run that --zlint asks for; nil if zlint's lints are off. A
// program that the flag names is tested here, before anything is written.
func newZlintRun(ctx context.Context, choice string, selects func(string) bool) (*zlintRun, error) {
	z := &zlintRun{selects: selects}
	switch choice {
	case zlintOff:
		return nil, nil
	case zlintAuto:
		z.path, z.failure = zlint.Find()
		return z, nil
	}
	z.path, z.required = choice, true
	trial := &zlint.Client{Path: choice}
	if _, err := trial.Start(ctx); err != nil {
		return nil, z.unusable(err)
	}
	return z, trial.Close()
}

// unusable returns the error for a required program that cannot be used.
func (z *zlintRun) unusable(err error) error {
	if e := new(zlint.UnavailableError); errors.As(err, &e) {
		return &cli.InputError{File: z.path, Err: fmt.Errorf("cannot run zlint's lints with this program: %w", e.Err)}
	}
	return err
}

// findings judges one certificate with a worker's client.
func (z *zlintRun) findings(ctx context.Context, client *zlint.Client, der []byte) []lint.Finding {
	if z.failed() {
		return nil
	}
	found, err := client.Lint(ctx, der)
	if fault := new(zlint.FaultError); errors.As(err, &fault) {
		return []lint.Finding{{Rule: zlintName, Severity: inspect.Warning, Message: fault.Error(), Source: zlintName}}
	}
	if err != nil {
		z.fail(err)
		return nil
	}
	z.ran(client)
	var list []lint.Finding
	for _, f := range found {
		if z.selects(f.Lint) {
			list = append(list, zlintFinding(f))
		}
	}
	return list
}

// failed reports whether the program cannot be used, and then records that a
// certificate is skipped.
func (z *zlintRun) failed() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.failure != nil {
		z.skipped = true
	}
	return z.failure != nil
}

func (z *zlintRun) fail(err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.skipped = true
	z.failure = cmp.Or(z.failure, err)
}

func (z *zlintRun) ran(client *zlint.Client) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.version = cmp.Or(z.version, client.Version())
}

// documentVersion returns the version of zlint for documents, or "not run".
func (z *zlintRun) documentVersion() string {
	if z == nil || z.version == "" || z.skipped {
		return zlintNotRun
	}
	return z.version
}

// end reports on stderr if certificates were judged without zlint's lints. It fails
// if they are required.
func (z *zlintRun) end(p *cli.Progress) error {
	switch {
	case z == nil || !z.skipped:
		return nil
	case errors.Is(z.failure, zlint.ErrNotFound):
		p.Note("zlint's lints of RFC 5280 did not run: %v; to install them: %s", z.failure, zlintInstall)
		return nil
	case z.required:
		return z.unusable(z.failure)
	}
	p.Warn("zlint's lints of RFC 5280 did not run for all certificates: %v", z.failure)
	return nil
}

// zlintFinding converts a finding of zlint to ours, with zlint as its source.
func zlintFinding(f zlint.Finding) lint.Finding {
	out := lint.Finding{Rule: f.Lint, Message: f.Description, Got: f.Details, Clause: f.Citation, Source: zlintName}
	if out.Message == "" {
		out.Message, out.Got = f.Details, ""
	}
	switch f.Status {
	case "error":
		out.Severity, out.Level = inspect.Error, nf.Shall
	case "warn":
		out.Severity, out.Level = inspect.Warning, nf.Should
	case "info":
		out.Severity, out.Level = inspect.Info, nf.Advice
	default: // the lint itself failed
		out.Severity, out.Message = inspect.Warning, fmt.Sprintf("zlint's lint failed: %s", f.Details)
		out.Got = ""
	}
	return out
}
