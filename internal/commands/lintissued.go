package commands

import (
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// Words of finalize --lint.
const (
	lintRefuse = "error" // what breaks its profile is not installed
	lintWarn   = "warn"
	lintOff    = "off"
)

// judgeIssued is what the engine asks of a certificate before it installs it, as
// --lint says; nil: nothing is asked.
func (a *Call) judgeIssued(wish string) (func(enroll.Issued) []string, error) {
	switch wish {
	case lintOff:
		return nil, nil
	case lintRefuse, lintWarn:
	default:
		return nil, usagef("", "--lint %q: want error, warn or off", wish)
	}
	return func(issued enroll.Issued) (reasons []string) {
		for _, f := range a.lintIssued(issued) {
			switch {
			case wish == lintRefuse && f.Severity == inspect.Error:
				reasons = append(reasons, lintLine(&f))
			case !strings.HasPrefix(f.Rule, "issued-"): // the enrolment lists its differences itself
				a.tellFinding(&f)
			}
		}
		return reasons
	}, nil
}

// lintIssued judges a certificate by the enrolment's profile and network
// function, and by its request.
func (a *Call) lintIssued(issued enroll.Issued) []lint.Finding {
	in := lint.Input{Items: contentsOf(issued.Chain)}
	results := a.lintSaved(in, issued.Profile, issued.NF, inspect.ReadCSR(issued.CSR))
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
func (a *Call) lintSaved(in lint.Input, profile string, function *nf.Function, request *inspect.Contents) []lint.Result {
	options := lint.Options{Function: function, Request: request, Now: a.Clock()}
	options.Profile, _ = nf.LookupProfile(profile) // none: the one that it looks like
	linter, _ := lint.New(options)                 // no rule is named that could be unknown
	return linter.Judge(in)
}

// lintCSR warns of what is wrong with the CSR that was made or brought along.
func (a *Call) lintCSR(en *enroll.Enrolment) error {
	data, err := readFile(en.CSR.File, maxPEM)
	if err != nil {
		return err
	}
	der, err := csrgen.Decode(en.CSR.File, data)
	if err != nil {
		return err
	}
	in := lint.Input{Items: []*inspect.Contents{inspect.ReadCSR(der)}}
	for _, f := range a.lintSaved(in, en.CSR.Profile, en.NF, nil)[0].Findings {
		a.tellFinding(&f)
	}
	return nil
}

// tellFinding warns of a finding in one line; what is for information alone is
// left to lint.
func (a *Call) tellFinding(f *lint.Finding) {
	if f.Severity != inspect.Info {
		a.Progress.warn("lint: %s", lintLine(f))
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
