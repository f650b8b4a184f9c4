package view

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
)

// proof is whether a signature was made by a key.
type proof struct {
	State string `json:"state"` // valid, invalid, unchecked
	// Detail is why it is not valid; empty where the signature is simply not
	// the key's.
	Detail string `json:"detail,omitempty"`
}

// maxProofBits bounds RSA keys that a signature is checked by: one of a million
// bits takes minutes.
const maxProofBits = 16384

// prove checks the signature of signed by the key of signer. It works with what
// could be read of either: neither need be well formed in the rest.
func prove(signed, signer *inspect.Contents) proof {
	raw := signed.Raw
	if len(raw.Signed) == 0 || len(raw.Signature) == 0 {
		return proof{"unchecked", "there is no whole signature"}
	}
	if signer.PublicKey.Bits > maxProofBits {
		return proof{"unchecked", fmt.Sprintf("the key has %d bits, and is tried up to %d", signer.PublicKey.Bits, maxProofBits)}
	}
	key, err := x509.ParsePKIXPublicKey(signer.Raw.PublicKeyInfo)
	if err != nil {
		return proof{"unchecked", "the key cannot be used: " + strings.TrimPrefix(err.Error(), "x509: ")}
	}
	algorithm := algorithmNamed(signed.Signature)
	if algorithm == x509.UnknownSignatureAlgorithm {
		return proof{"unchecked", "signatures by " + signed.Signature + " are not known here"}
	}
	// CheckSignature wants nothing of a certificate but its key.
	err = (&x509.Certificate{PublicKey: key}).CheckSignature(algorithm, raw.Signed, raw.Signature)
	var insecure x509.InsecureAlgorithmError
	switch {
	case err == nil:
		return proof{State: "valid"}
	case errors.As(err, &insecure), errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return proof{"unchecked", "signatures by " + signed.Signature + " are not checked: they are not secure"}
	case strings.HasPrefix(err.Error(), "x509: signature algorithm specifies"):
		return proof{"invalid", "a " + signer.PublicKey.Type + " key makes no signature by " + signed.Signature}
	}
	return proof{State: "invalid"}
}

// algorithmNamed finds an algorithm by the name that crypto/x509 gives it,
// which inspect uses too.
func algorithmNamed(name string) x509.SignatureAlgorithm {
	for a := x509.MD2WithRSA; a <= x509.PureEd25519; a++ {
		if a.String() == name {
			return a
		}
	}
	return x509.UnknownSignatureAlgorithm
}

// Link finds out which certificate issued which, and gives the chains that
// follow: each from a certificate that issued none of the others, by its index's
// label, to the last issuer that is there.
func Link(docs []*CertificateDoc) (chains [][]string) {
	bySubject := map[string][]int{}
	for i, d := range docs {
		if subject := d.Contents.Raw.Subject; len(subject) > 0 {
			bySubject[string(subject)] = append(bySubject[string(subject)], i)
		}
	}
	parent, issued := make([]int, len(docs)), make([]bool, len(docs))
	for i, d := range docs {
		parent[i] = issuerOf(docs, i, bySubject[string(d.Contents.Raw.Issuer)])
		if parent[i] >= 0 {
			issued[parent[i]] = true
			d.IssuedBy = docs[parent[i]].Label
		}
	}
	if len(docs) < 2 {
		return nil
	}
	for i := range docs {
		if !issued[i] {
			chains = append(chains, follow(docs, parent, i))
		}
	}
	return chains
}

// maxIssuers bounds how many certificates of one subject are tried as an issuer.
const maxIssuers = 16

// issuerOf finds the issuer of one certificate among those that have its name,
// -1 when there is none, and notes what the signature proves. One that signed
// it goes before one that has the name alone.
func issuerOf(docs []*CertificateDoc, i int, named []int) (issuer int) {
	d, issuer := docs[i], -1
	if d.selfIssued() {
		p := prove(d.Contents, d.Contents)
		d.SelfSigned, d.Proof = p.State == "valid", &p
		if d.SelfSigned {
			return -1
		}
	}
	for _, j := range named[:min(len(named), maxIssuers)] {
		if j == i || docs[j].SHA256 == d.SHA256 {
			continue
		}
		p := prove(d.Contents, docs[j].Contents)
		if issuer < 0 || p.State == "valid" {
			issuer, d.Proof = j, &p
		}
		if p.State == "valid" {
			break
		}
	}
	return issuer
}

// selfIssued reports whether subject and issuer are the same name.
func (d *CertificateDoc) selfIssued() bool {
	raw := d.Contents.Raw
	return len(raw.Subject) > 0 && bytes.Equal(raw.Issuer, raw.Subject)
}

// follow walks from a certificate to its last issuer. Cross-certificates may
// lead in a circle, which ends where it closes.
func follow(docs []*CertificateDoc, parent []int, i int) (labels []string) {
	seen := map[int]bool{}
	for ; i >= 0 && !seen[i]; i = parent[i] {
		seen[i] = true
		labels = append(labels, docs[i].Label)
	}
	return labels
}
