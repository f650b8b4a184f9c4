package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"slices"
	"testing"
)

func certificateCases() []misbehaviourCase {
	const other = "amf2.amf." + testDomain
	chain := func(t *testing.T, c *client) (*x509.Certificate, []*x509.Certificate, *ecdsa.PublicKey) {
		key := newECKey(t, elliptic.P256())
		chain := c.enrol(nfCSR(t, key, testFQDN, other), testFQDN, other)
		return chain[0], chain, &key.PublicKey
	}
	return []misbehaviourCase{
		{"drop-san-uri", func(t *testing.T, c *client) {
			if leaf, _, _ := chain(t, c); len(leaf.URIs) != 0 || len(leaf.DNSNames) != 2 {
				t.Errorf("URIs %v, DNS names %q; want none and two", leaf.URIs, leaf.DNSNames)
			}
		}},
		{"drop-eku", func(t *testing.T, c *client) {
			if leaf, _, _ := chain(t, c); !slices.Equal(leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
				t.Errorf("EKU %v, want serverAuth alone", leaf.ExtKeyUsage)
			}
		}},
		{"drop-nftypes", func(t *testing.T, c *client) {
			leaf, _, _ := chain(t, c)
			if _, there := extension(leaf, oidNFTypes); there {
				t.Error("NFTypes is there")
			}
		}},
		{"drop-subject", func(t *testing.T, c *client) {
			if leaf, _, _ := chain(t, c); len(leaf.Subject.Names) != 0 {
				t.Errorf("subject %q, want none", leaf.Subject)
			}
		}},
		{"san-not-critical", func(t *testing.T, c *client) {
			leaf, _, _ := chain(t, c)
			if san, there := extension(leaf, oidSubjectAltName); !there || san.Critical {
				t.Errorf("subjectAltName there %v, critical %v; want true and false", there, san.Critical)
			}
		}},
		{"drop-name", func(t *testing.T, c *client) {
			if leaf, _, _ := chain(t, c); !slices.Equal(leaf.DNSNames, []string{testFQDN}) {
				t.Errorf("DNS names %q, want the first alone", leaf.DNSNames)
			}
		}},
		{"extra-name", func(t *testing.T, c *client) {
			if leaf, _, _ := chain(t, c); !slices.Equal(leaf.DNSNames, []string{testFQDN, other, extraName}) {
				t.Errorf("DNS names %q, want %q too", leaf.DNSNames, extraName)
			}
		}},
		{"foreign-key", func(t *testing.T, c *client) {
			leaf, all, key := chain(t, c)
			if err := verifyChain(all, c.lab.IssuerRootPEM()); err != nil {
				t.Errorf("the chain must be good: %v", err)
			}
			if key.Equal(leaf.PublicKey) {
				t.Error("the certificate is for the CSR's key")
			}
		}},
		{"bad-chain", func(t *testing.T, c *client) {
			_, all, _ := chain(t, c)
			if err := verifyChain(all, c.lab.IssuerRootPEM()); err == nil {
				t.Error("the chain verifies")
			}
		}},
	}
}
