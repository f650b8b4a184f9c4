package main

import (
	"crypto/x509"
	"testing"
)

// BenchmarkJudge is the cost of all lints on one certificate.
func BenchmarkJudge(b *testing.B) {
	j := newJudge()
	der := issue(b, func(*x509.Certificate) {})
	b.ReportAllocs()
	for b.Loop() {
		if a := j.judge(der); a.Fault != "" {
			b.Fatal(a.Fault)
		}
	}
}
