package view

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
)

// proof says whether a key made a signature.
type proof struct {
	State string `json:"state"` // valid, invalid, unchecked
	// Detail says why the state is not valid; "": another key made the signature.
	Detail string `json:"detail,omitempty"`
}

// maxProofBits is the maximum size of RSA keys that check a signature: a key of a
// million bits would take minutes.
const maxProofBits = 16384

// prove checks the signature of signed with the key of signer. Other parts of both may
// be malformed.
func prove(signed, signer *inspect.Contents) proof {
	raw := signed.Raw
	if len(raw.Signed) == 0 || len(raw.Signature) == 0 {
		return proof{"unchecked", "the signature is incomplete"}
	}
	if signer.PublicKey.Bits > maxProofBits {
		return proof{"unchecked", fmt.Sprintf("the key has %d bits, more than %d", signer.PublicKey.Bits, maxProofBits)}
	}
	key, err := x509.ParsePKIXPublicKey(signer.Raw.PublicKeyInfo)
	if err != nil {
		return proof{"unchecked", "the key cannot be used: " + strings.TrimPrefix(err.Error(), "x509: ")}
	}
	algorithm := algorithmNamed(signed.Signature)
	if algorithm == x509.UnknownSignatureAlgorithm {
		return proof{"unchecked", "unknown signature algorithm " + signed.Signature}
	}
	// CheckSignature uses only the key of the certificate.
	err = (&x509.Certificate{PublicKey: key}).CheckSignature(algorithm, raw.Signed, raw.Signature)
	var insecure x509.InsecureAlgorithmError
	switch {
	case err == nil:
		return proof{State: "valid"}
	case errors.As(err, &insecure), errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return proof{"unchecked", "signature algorithm " + signed.Signature + " is not secure"}
	case strings.HasPrefix(err.Error(), "x509: signature algorithm specifies"):
		return proof{"invalid", "a key of type " + signer.PublicKey.Type + " cannot sign with " + signed.Signature}
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

// Link finds the issuer of each certificate among the others. It returns the chains as
// lists of labels, each from a certificate that issued no other one to the last issuer
// in docs.
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

// maxIssuers is the maximum number of certificates with one subject that are tried as
// an issuer.
const maxIssuers = 16

// issuerOf finds the issuer of one certificate among those with the issuer's name, and
// stores what the signature proves. It prefers a certificate whose key made the
// signature. It returns -1 if there is none.
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

// follow returns the chain from a certificate to its last issuer. If
// cross-certificates form a circle, the chain ends where the circle closes.
func follow(docs []*CertificateDoc, parent []int, i int) (labels []string) {
	seen := map[int]bool{}
	for ; i >= 0 && !seen[i]; i = parent[i] {
		seen[i] = true
		labels = append(labels, docs[i].Label)
	}
	return labels
}
