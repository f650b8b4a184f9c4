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

const (
	// emudhraLint verifies each ECDSA signature with eight keys of P-384 that a
	// public CA lost, which takes ten times as long as all other lints.
	emudhraLint = "e_cert_issued_by_compromised_emudhra_ca"
	// maxP256Signature is the length of the longest Ecdsa-Sig-Value whose two
	// numbers have 256 bits. A key of P-384 makes one so short with a chance of
	// 2^-256: what is not longer is known to pass.
	maxP256Signature = 72
)

// judge runs all lints on one certificate. It may panic where the parser does.
func (j *judge) judge(der []byte) zlint.Answer {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return zlint.Answer{Fault: fmt.Sprintf("its parser refuses the certificate: %v", err)}
	}
	var a zlint.Answer
	for _, l := range j.lints {
		if l.Name == emudhraLint && len(cert.Signature) <= maxP256Signature {
			continue
		}
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
