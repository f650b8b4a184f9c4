package view

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// DocumentHead is the start of the JSON documents of show csr and show cert.
type DocumentHead struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	File       string `json:"file"` // or HOST:PORT
}

// OneRequest is the document of a source with one CSR.
type OneRequest struct {
	DocumentHead
	*RequestDoc
	Leftover
}

// ManyRequests is the document of a source with several CSRs.
type ManyRequests struct {
	DocumentHead
	Requests []*RequestDoc `json:"requests"`
	Leftover
}

// ManyCertificates is the document of a source with certificates.
type ManyCertificates struct {
	DocumentHead
	Certificates []*CertificateDoc `json:"certificates"`
	Chains       [][]string        `json:"chains,omitempty"` // labels, as [Link] returns them
	TLS          *certsource.TLS   `json:"tls,omitempty"`
	Leftover
}

// Leftover is the other content of a source: what is damaged, skipped, or of another
// kind.
type Leftover struct {
	Faults       []string             `json:"damaged,omitempty"`
	Skipped      []certsource.Skipped `json:"passedOver,omitempty"`
	Requests     int                  `json:"furtherRequests,omitempty"`
	Certificates int                  `json:"furtherCertificates,omitempty"`
}

// FaultTexts describes the damaged parts of a source.
func FaultTexts(art *certsource.Contents) (texts []string) {
	for _, f := range art.Faults {
		texts = append(texts, f.Error())
	}
	return texts
}

// RequestDoc is one CSR.
type RequestDoc struct {
	Label string `json:"label,omitempty"`
	*inspect.Contents
	Fingerprints
	// Proof says whether the key in the CSR made the signature (RFC 2986 4.2).
	Proof   proof   `json:"proof"`
	Meaning meaning `json:"meaning"`
}

// NewRequestDoc reads a CSR.
func NewRequestDoc(item certsource.Item) *RequestDoc {
	c := inspect.ReadCSR(item.DER)
	return &RequestDoc{
		Label: item.Label, Contents: c, Fingerprints: fingerprintsOf(item.DER),
		Proof: prove(c, c), Meaning: meaningOf(c),
	}
}

// CertificateDoc is one certificate.
type CertificateDoc struct {
	Label     string `json:"label,omitempty"`
	Serial    string `json:"serial,omitempty"`
	Subject   string `json:"subject,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	NotBefore string `json:"notBefore,omitempty"`
	NotAfter  string `json:"notAfter,omitempty"`
	Fingerprints
	Validity *validity `json:"validity,omitempty"`
	// SelfSigned says that the certificate's own key made its signature.
	SelfSigned bool `json:"selfSigned,omitempty"`
	// IssuedBy is the label of the issuer, if that is in the same source.
	IssuedBy string `json:"issuedBy,omitempty"`
	// Proof says whether the key of IssuedBy, or the certificate's own key, made the
	// signature; nil: neither is its issuer.
	Proof    *proof            `json:"proof,omitempty"`
	Meaning  meaning           `json:"meaning"`
	Contents *inspect.Contents `json:"contents"`
}

// NewCertificateDoc reads a certificate.
func NewCertificateDoc(item certsource.Item, now time.Time) *CertificateDoc {
	c := inspect.ReadCertificate(item.DER)
	return &CertificateDoc{
		Label: item.Label, Serial: c.SerialNumber, Subject: c.SubjectString(), Issuer: c.IssuerString(),
		NotBefore: ui.Time(c.NotBefore), NotAfter: ui.Time(c.NotAfter),
		Fingerprints: fingerprintsOf(item.DER), Validity: validityOf(c, now), Meaning: meaningOf(c), Contents: c,
	}
}

// Fingerprints are hashes of the whole DER, in lower-case hexadecimal.
type Fingerprints struct {
	SHA256 string `json:"sha256,omitempty"`
	SHA1   string `json:"sha1,omitempty"`
}

func fingerprintsOf(der []byte) Fingerprints {
	strong, old := sha256.Sum256(der), sha1.Sum(der)
	return Fingerprints{hex.EncodeToString(strong[:]), hex.EncodeToString(old[:])}
}

// validity compares a certificate's validity period with the current time.
type validity struct {
	State string `json:"state"` // valid, expired, not-yet-valid
	// Days is the whole period and Left its rest, in whole days; Left is negative
	// after the end.
	Days int `json:"days"`
	Left int `json:"daysLeft"`
}

// validityOf returns nil if a time could not be read.
func validityOf(c *inspect.Contents, now time.Time) *validity {
	if c.NotBefore.IsZero() || c.NotAfter.IsZero() {
		return nil
	}
	v := &validity{State: "valid", Days: days(c.NotAfter, c.NotBefore), Left: days(c.NotAfter, now)}
	switch {
	case now.After(c.NotAfter):
		v.State = "expired"
	case now.Before(c.NotBefore):
		v.State = "not-yet-valid"
	}
	return v
}

// days counts whole days between two times. A certificate without an end (RFC 5280
// 4.1.2.5) is valid for 8000 years, and a [time.Duration] holds only 292.
func days(end, start time.Time) int {
	return int((end.Unix() - start.Unix()) / (24 * 60 * 60))
}
