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

// Values of --lint.
const (
	lintError = "error" // a certificate with errors is not installed
	LintWarn  = "warn"  // findings are warnings
	lintOff   = "off"
)

// judge returns the check of --lint before a certificate is installed; nil: no
// check. differencesShown says that the differences from the CSR are on stdout:
// findings that they cause are not repeated as warnings.
func judge(call *cli.Call, mode string, differencesShown bool) (func(enroll.Issued) []string, error) {
	switch mode {
	case lintOff:
		return nil, nil
	case lintError, LintWarn:
	default:
		return nil, cli.Usagef("as in --lint warn", "--lint %q: want error, warn or off", mode)
	}
	return func(issued enroll.Issued) (reasons []string) {
		for _, f := range lintIssued(call, issued) {
			switch {
			case mode == lintError && f.Severity == inspect.Error:
				reasons = append(reasons, lintLine(&f))
			case strings.HasPrefix(f.Rule, "issued-"): // a difference from the CSR, which the enrolment lists
			case f.FromCA && differencesShown:
			default:
				warnOf(call, &f)
			}
		}
		return reasons
	}, nil
}

// lintIssued checks a certificate against the enrolment's profile, its network
// function and its CSR.
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

// lintSaved checks against what an enrolment has saved.
func lintSaved(call *cli.Call, in lint.Input, profile string, function *nf.Function, request *inspect.Contents) []lint.Result {
	options := lint.Options{Function: function, Request: request, Now: call.Clock()}
	options.Profile, _ = nf.LookupProfile(profile) // without one, lint infers it
	linter, _ := lint.New(options)                 // fails only for unknown names of rules
	return linter.Judge(in)
}

// LintCSR warns of findings about the CSR of an enrolment.
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
		warnOf(call, &f)
	}
	return nil
}

// warnOf warns of a finding. Findings of severity info are left to nfcert lint.
func warnOf(call *cli.Call, f *lint.Finding) {
	if f.Severity != inspect.Info {
		call.Progress.Warn("lint: %s", lintLine(f))
	}
}

// lintLine formats a finding as one line.
func lintLine(f *lint.Finding) string {
	line := f.Rule + ": " + f.Message
	if f.Clause != "" {
		line += fmt.Sprintf(" (%s)", f.Clause)
	}
	return line
}
