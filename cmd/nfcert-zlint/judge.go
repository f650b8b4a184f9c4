package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3/lint"
	_ "github.com/zmap/zlint/v3/lints/community" // they register themselves
	_ "github.com/zmap/zlint/v3/lints/rfc"

	"github.com/nfcert/nfcert/internal/zlint"
)

// judge is the lints that are run, in the order of their names.
type judge struct {
	lints  []*lint.CertificateLint
	config lint.Configuration
}

func newJudge() *judge {
	j := &judge{config: lint.NewEmptyConfig()}
	for _, l := range lint.GlobalRegistry().CertificateLints().Lints() {
		if l.Source == lint.Community || strings.HasPrefix(string(l.Source), "RFC") {
			j.lints = append(j.lints, l)
		}
	}
	slices.SortFunc(j.lints, func(a, b *lint.CertificateLint) int { return strings.Compare(a.Name, b.Name) })
	return j
}

// judge runs all lints on one certificate. It may panic where the parser does.
func (j *judge) judge(der []byte) zlint.Answer {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return zlint.Answer{Fault: fmt.Sprintf("its parser refuses the certificate: %v", err)}
	}
	var a zlint.Answer
	for _, l := range j.lints {
		r := l.Execute(cert, j.config)
		if r == nil || r.Status < lint.Notice {
			continue
		}
		a.Findings = append(a.Findings, zlint.Finding{
			Lint: l.Name, Status: r.Status.String(), Details: r.Details,
			Description: l.Description, Source: string(l.Source), Citation: l.Citation,
		})
	}
	return a
}
