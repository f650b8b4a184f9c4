package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"
)

func TestCertificates(t *testing.T) {
	files, err := certificates(t.Context(), t.TempDir(), 2)
	if err != nil || len(files) != 2 {
		t.Fatalf("got %q, %v, want two files", files, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		block, rest := pem.Decode(text)
		if block == nil || len(rest) > 0 {
			t.Fatalf("%s is not one PEM block", file)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if len(cert.DNSNames) != 1 || len(cert.URIs) != 1 || names[cert.DNSNames[0]] {
			t.Errorf("%s: names %q, URIs %v; want one of each, and of its own", file, cert.DNSNames, cert.URIs)
		}
		names[cert.DNSNames[0]] = true
	}
}
