package cmdflags

import (
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// Words of finalize --lint.
const (
	lintRefuse = "error" // what breaks its profile is not installed
	LintWarn   = "warn"
	lintOff    = "off"
)

// judgeIssued is what the engine asks of a certificate before it installs it, as
// --lint says; nil: nothing is asked.
func judgeIssued(call *cli.Call, wish string) (func(enroll.Issued) []string, error) {
	switch wish {
	case lintOff:
		return nil, nil
	case lintRefuse, LintWarn:
	default:
		return nil, cli.Usagef("", "--lint %q: want error, warn or off", wish)
	}
	return func(issued enroll.Issued) (reasons []string) {
		for _, f := range lintIssued(call, issued) {
			switch {
			case wish == lintRefuse && f.Severity == inspect.Error:
				reasons = append(reasons, lintLine(&f))
			case !strings.HasPrefix(f.Rule, "issued-"): // the enrolment lists its differences itself
				tellFinding(call, &f)
			}
		}
		return reasons
	}, nil
}

// lintIssued judges a certificate by the enrolment's profile and network
// function, and by its request.
func lintIssued(call *cli.Call, issued enroll.Issued) []lint.Finding {
	in := lint.Input{Items: contentsOf(issued.Chain)}
	results := lintSaved(call, in, issued.Profile, issued.NF, inspect.ReadCSR(issued.CSR))
	return results[0].Findings
}

func contentsOf(chain []*x509.Certificate) []*inspect.Contents {
	list := make([]*inspect.Contents, len(chain))
	for i, cert := range chain {
		list[i] = inspect.ReadCertificate(cert.Raw)
	}
	return list
}

// lintSaved judges by what an enrolment has saved.
func lintSaved(call *cli.Call, in lint.Input, profile string, function *nf.Function, request *inspect.Contents) []lint.Result {
	options := lint.Options{Function: function, Request: request, Now: call.Clock()}
	options.Profile, _ = nf.LookupProfile(profile) // none: the one that it looks like
	linter, _ := lint.New(options)                 // no rule is named that could be unknown
	return linter.Judge(in)
}

// LintCSR warns of what is wrong with the CSR that was made or brought along.
func LintCSR(call *cli.Call, en *enroll.Enrolment) error {
	data, err := cli.ReadFile(en.CSR.File, cli.MaxPEM)
	if err != nil {
		return err
	}
	der, err := csrgen.Decode(en.CSR.File, data)
	if err != nil {
		return err
	}
	in := lint.Input{Items: []*inspect.Contents{inspect.ReadCSR(der)}}
	for _, f := range lintSaved(call, in, en.CSR.Profile, en.NF, nil)[0].Findings {
		tellFinding(call, &f)
	}
	return nil
}

// tellFinding warns of a finding in one line; what is for information alone is
// left to lint.
func tellFinding(call *cli.Call, f *lint.Finding) {
	if f.Severity != inspect.Info {
		call.Progress.Warn("lint: %s", lintLine(f))
	}
}

// lintLine is a finding in one line.
func lintLine(f *lint.Finding) string {
	line := fmt.Sprintf("%s: %s", f.Rule, f.Message)
	if f.Clause != "" {
		line += " (" + f.Clause + ")"
	}
	return line
}
