package enroll

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// ChainState says how far a chain was verified.
type ChainState string

const (
	// ChainVerified chains end at a root: one that was given, one the CA sent,
	// or one trusted for the CA's own server.
	ChainVerified ChainState = "verified"
	// ChainLinked chains are signed link by link up to the topmost certificate
	// the CA sent, whose root was not given.
	ChainLinked ChainState = "linked"
	// ChainUnverified chains hold a certificate that the next did not sign, or
	// that no given root did.
	ChainUnverified ChainState = "unverified"
)

// maxAlternates bounds how many other chains are downloaded.
const maxAlternates = 8

// candidate is a downloaded chain and how far it was verified.
type candidate struct {
	*acmewire.Chain
	state  ChainState
	anchor *x509.Certificate // what it verifies to
	err    error             // why it does not
}

// download fetches the chain, and the alternates until one is as wanted: of the
// chosen name, or verified to the given roots.
func (r *run) download(ctx context.Context, o FinalizeOptions) (candidate, error) {
	first, err := r.candidate(ctx, r.en.Order.CertificateURL, o)
	if err != nil || o.wants(first) {
		return first, err
	}
	found := []string{chainName(first.Chain)}
	for _, url := range first.Alternates[:min(len(first.Alternates), maxAlternates)] {
		other, err := r.candidate(ctx, url, o)
		if err != nil || o.wants(other) {
			return other, err
		}
		found = append(found, chainName(other.Chain))
	}
	if o.Chain != "" {
		return candidate{}, &ChainChoiceError{Name: r.en.Name, Wanted: o.Chain, Offered: found}
	}
	return first, nil // judge reports what is wrong with it
}

func (r *run) candidate(ctx context.Context, url string, o FinalizeOptions) (candidate, error) {
	chain, err := r.CA.Certificate(ctx, url)
	if err != nil {
		return candidate{}, err
	}
	c := candidate{Chain: chain}
	c.state, c.anchor, c.err = verifyChain(chain.Certificates, o, x509.VerifyOptions{CurrentTime: r.now()})
	return c, nil
}

// ChainChoiceError says that the CA offers no chain like the one wanted.
type ChainChoiceError struct {
	Name, Wanted string
	Offered      []string // by the name of the topmost issuer
}

func (e *ChainChoiceError) Error() string {
	return fmt.Sprintf("finalize %s: no chain of the CA has %q at its end; it offers chains to %s", e.Name, e.Wanted, strings.Join(e.Offered, ", "))
}

// wants reports whether a chain is the one chosen by its name or, without one,
// verifies.
func (o FinalizeOptions) wants(c candidate) bool {
	if o.Chain == "" {
		return c.err == nil
	}
	top := c.Certificates[len(c.Certificates)-1]
	want := strings.ToLower(o.Chain)
	return strings.Contains(strings.ToLower(inspect.DistinguishedName(top.RawIssuer)), want) || strings.Contains(strings.ToLower(subject(top)), want)
}

func chainName(c *acmewire.Chain) string {
	return inspect.DistinguishedName(c.Certificates[len(c.Certificates)-1].RawIssuer)
}

// describe says what the certificate of a chain is.
func describe(chain candidate) *Certificate {
	leaf := chain.Certificates[0]
	sum := sha256.Sum256(leaf.Raw)
	return &Certificate{
		URL: chain.URL, Serial: inspect.Serial(leaf.SerialNumber), Issuer: inspect.DistinguishedName(leaf.RawIssuer),
		NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC(), SHA256: hex.EncodeToString(sum[:]),
		Chain: chain.state, Anchor: subject(chain.anchor), Differences: []inspect.Difference{},
	}
}

// judge describes the certificate and compares it with what was asked for.
// What makes a failure is a missing identifier of the order, a foreign key, and
// a chain that does not verify; all else that differs is listed and accepted,
// unless o.Judge, which is asked last, has reasons against it.
func (r *run) judge(csr *x509.CertificateRequest, chain candidate, o FinalizeOptions) (*Certificate, error) {
	leaf := chain.Certificates[0]
	cert := describe(chain)
	failure := &CertificateError{Name: r.en.Name, Chain: chain.Certificates}
	if !csrgen.SameKey(leaf.PublicKey, csr.PublicKey) {
		failure.Reasons = append(failure.Reasons, "it is for another key than the CSR's")
	}
	if lacks := lacking(leaf, r.en.Order.Identifiers); len(lacks) > 0 {
		failure.Reasons = append(failure.Reasons, "it lacks "+joinIdentifiers(lacks)+" of the order")
	}
	if chain.err != nil {
		failure.Err = chain.err
		failure.Reasons = append(failure.Reasons, "its chain does not verify: "+chainReason(chain.err, chain.Certificates))
	}
	if err := compare(cert, r.en.CSR, csr, leaf); err != nil {
		failure.Reasons = append(failure.Reasons, err.Error())
	}
	if !o.DifferencesShown {
		r.warnOfDifferences(cert)
	}
	if len(failure.Reasons) == 0 && o.Judge != nil {
		failure.Reasons = o.Judge(r.en.issuedFor(csr, chain.Certificates))
		failure.Judged = len(failure.Reasons) > 0
	}
	if len(failure.Reasons) == 0 {
		return cert, nil
	}
	if o.DifferencesShown { // they are not after a failure
		r.warnOfDifferences(cert)
	}
	cert.Rejected = failure.Reasons
	return cert, failure
}

func (r *run) warnOfDifferences(cert *Certificate) {
	if n := len(cert.Differences); n > 0 {
		r.warn(StepFinalize, "the certificate differs from the CSR; differences listed: %d", n)
	}
}

// compare fills the differences between what was asked for and what was issued.
func compare(cert *Certificate, made *CSR, csr *x509.CertificateRequest, leaf *x509.Certificate) error {
	requested, err := inspect.CSR(csr.Raw)
	if err != nil {
		return err
	}
	issued, err := inspect.Certificate(leaf)
	if err != nil {
		return err
	}
	cert.Subject = issued.SubjectString()
	cert.Differences = append(cert.Differences, inspect.Compare(profileOf(made), requested, issued)...)
	return nil
}

// lacking lists the order's identifiers that the certificate does not have.
func lacking(leaf *x509.Certificate, order []Identifier) []Identifier {
	missing, _ := compareNames(names{leaf.DNSNames, leaf.IPAddresses, leaf.URIs}.identifiers(), order)
	return missing
}

// verifyChain verifies a chain to the given roots, else to a root the CA sent,
// else to an anchor; a chain without any is checked link by link.
func verifyChain(chain []*x509.Certificate, o FinalizeOptions, v x509.VerifyOptions) (ChainState, *x509.Certificate, error) {
	v.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} // an NF's purposes are compared, not demanded, here
	if len(o.Roots) > 0 {
		return verifyTo(chain, o.Roots, v)
	}
	state, anchor, err := verifyTo(chain, slices.Concat(selfSigned(chain[1:]), o.Anchors), v)
	if err == nil || len(chain) == 1 {
		return state, anchor, err
	}
	state, anchor, err = verifyTo(chain, chain[len(chain)-1:], v)
	if err == nil {
		state = ChainLinked
	}
	return state, anchor, err
}

func verifyTo(chain, roots []*x509.Certificate, v x509.VerifyOptions) (ChainState, *x509.Certificate, error) {
	if len(roots) == 0 {
		return ChainUnverified, nil, errors.New("the CA sent no issuer and no root is given")
	}
	v.Intermediates, v.Roots = x509.NewCertPool(), x509.NewCertPool()
	for _, c := range chain[1:] {
		v.Intermediates.AddCert(c)
	}
	for _, c := range roots {
		v.Roots.AddCert(c)
	}
	verified, err := chain[0].Verify(v)
	if err != nil {
		return ChainUnverified, nil, err
	}
	return ChainVerified, verified[0][len(verified[0])-1], nil
}

// subject is that of a certificate; "" of none.
func subject(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	return inspect.DistinguishedName(c.RawSubject)
}

func selfSigned(certs []*x509.Certificate) []*x509.Certificate {
	var found []*x509.Certificate
	for _, c := range certs {
		if bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignatureFrom(c) == nil {
			found = append(found, c)
		}
	}
	return found
}

// chainReason says why a chain does not verify and which root it would need.
func chainReason(err error, chain []*x509.Certificate) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return fmt.Sprintf("no given root has signed %q; the chain ends at %q", chain[0].Subject, chain[len(chain)-1].Issuer)
	}
	return err.Error()
}

// ParseCertificates reads concatenated PEM certificates, at least one.
func ParseCertificates(data []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	blocks := bytes.Count(data, []byte("-----BEGIN "))
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("found a PEM block %q, want CERTIFICATE", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(certs)+1, err)
		}
		certs = append(certs, cert)
	}
	switch {
	case len(certs) < blocks: // Decode passes over what it cannot read
		return nil, fmt.Errorf("of %d PEM blocks %d can be read; is it cut short?", blocks, len(certs))
	case len(certs) == 0:
		return nil, errors.New("no PEM certificate found")
	}
	return certs, nil
}

// profileOf is what a CSR's certificate is judged by.
func profileOf(csr *CSR) nf.Profile {
	if p, ok := nf.LookupProfile(csr.Profile); ok {
		return p
	}
	p, _ := nf.LookupProfile(DefaultProfile) // an adopted CSR without a profile
	return p
}
