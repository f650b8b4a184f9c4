package lint

import (
	"context"
	"errors"
	"fmt"
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

// zlintNotRun stands in documents for the version of lints that did not run.
const zlintNotRun = "not run"

// zlintInstall is how the companion is had where a package did not bring it.
const zlintInstall = "go install github.com/nfcert/nfcert/cmd/nfcert-zlint@latest"

// zlintRun is the use of zlint's lints in one run of lint, by all its workers.
type zlintRun struct {
	path     string // of the companion; "": there is none
	demanded bool   // by --zlint PATH: that it cannot be used is an error
	selects  func(name string) bool

	mu      sync.Mutex
	version string
	missed  bool  // a certificate was not judged
	failure error // why the companion was given up
}

// newZlintRun follows --zlint; nil: zlint's lints are off. A companion that was
// named is tried at once, before anything is written.
func newZlintRun(ctx context.Context, wish string, selects func(string) bool) (*zlintRun, error) {
	z := &zlintRun{selects: selects}
	switch wish {
	case zlintOff:
		return nil, nil
	case zlintAuto:
		z.path, z.failure = zlint.Find()
		return z, nil
	}
	z.path, z.demanded = wish, true
	trial := &zlint.Client{Path: wish}
	if _, err := trial.Start(ctx); err != nil {
		return nil, z.unusable(err)
	}
	return z, trial.Close()
}

// unusable says that the companion that was named cannot be used.
func (z *zlintRun) unusable(err error) error {
	if e := new(zlint.UnavailableError); errors.As(err, &e) {
		return &cli.InputError{File: z.path, Err: fmt.Errorf("it cannot be used for zlint's lints: %w", e.Err)}
	}
	return err
}

// findings has one certificate judged by a worker's client.
func (z *zlintRun) findings(ctx context.Context, client *zlint.Client, der []byte) []lint.Finding {
	if z.givenUp() {
		return nil
	}
	found, err := client.Lint(ctx, der)
	if fault := new(zlint.FaultError); errors.As(err, &fault) {
		return []lint.Finding{{Rule: zlintSource, Severity: inspect.Warning, Message: fault.Error(), Source: zlintSource}}
	}
	if err != nil {
		z.giveUp(err)
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

// givenUp reports whether there is no companion to ask, and notes the miss.
func (z *zlintRun) givenUp() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.failure != nil {
		z.missed = true
	}
	return z.failure != nil
}

func (z *zlintRun) giveUp(err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.missed = true
	if z.failure == nil {
		z.failure = err
	}
}

func (z *zlintRun) ran(client *zlint.Client) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.version == "" {
		z.version = client.Version()
	}
}

// told is what documents say of zlint's lints.
func (z *zlintRun) told() string {
	if z == nil || z.version == "" || z.missed {
		return zlintNotRun
	}
	return z.version
}

// end says on stderr that certificates were judged without zlint's lints, or
// fails where they were demanded.
func (z *zlintRun) end(p *cli.Progress) error {
	switch {
	case z == nil || !z.missed:
		return nil
	case errors.Is(z.failure, zlint.ErrNotFound):
		p.Note("zlint's lints of RFC 5280 did not run: %v; to have them: %s", z.failure, zlintInstall)
		return nil
	case z.demanded:
		return z.unusable(z.failure)
	}
	p.Warn("zlint's lints of RFC 5280 did not run for all certificates: %v", z.failure)
	return nil
}

// zlintFinding turns what zlint says into a finding of ours, marked as its.
func zlintFinding(f zlint.Finding) lint.Finding {
	out := lint.Finding{Rule: f.Lint, Message: f.Description, Got: f.Details, Clause: f.Citation, Source: zlintSource}
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
