package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// certificate is an issued one. Revocation is guarded by Lab.mu.
type certificate struct {
	id      string
	account *account
	leaf    *x509.Certificate
	revoked time.Time // zero while it is good
	reason  int       // of the revocation, RFC 5280 5.3.1

	identifiers []identifier // of its order
	replacement *order       // that said it would replace it; nil: none
}

func (l *Lab) certificateURL(c *certificate) string { return l.base + certPath + c.id }

// issue signs what a checked CSR asks for. Lab.mu must be held.
func (l *Lab) issue(o *order, req *leafRequest) (*certificate, error) {
	signer, err := l.wrong.certificate.apply(req, l.ca.issuer)
	if err != nil {
		return nil, err
	}
	template, err := l.leafTemplate(o, req)
	if err != nil {
		return nil, err
	}
	leaf, err := createCertificate(template, signer.certificate, req.key.public, signer.key)
	if err != nil {
		return nil, err
	}
	c := &certificate{id: newID(), account: o.account, leaf: leaf, identifiers: o.identifiers}
	l.state.certificates[c.id] = c
	l.state.serials[leaf.SerialNumber.String()] = c
	return c, nil
}

// leafTemplate is a certificate by the NF profile (TS 33.310 6.1.3c.3). The
// CSR's extensions are copied as they stand, order and criticality included.
func (l *Lab) leafTemplate(o *order, req *leafRequest) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	ski, err := keyIdentifier(req.key.public)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber:          serial,
		RawSubject:            req.subject,
		SubjectKeyId:          ski,
		CRLDistributionPoints: []string{l.plain + crlPath},
		IssuingCertificateURL: []string{l.plain + issuerPath},
		ExtraExtensions:       []pkix.Extension{*req.keyUsage},
	}
	if req.extKeyUsage != nil {
		t.ExtraExtensions = append(t.ExtraExtensions, *req.extKeyUsage)
	}
	if len(req.names) > 0 { // a knob may have left none, and an empty extension is not one
		san, err := marshalGeneralNames(req.names)
		if err != nil {
			return nil, fmt.Errorf("writing subjectAltName: %w", err)
		}
		t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: oidSubjectAltName, Critical: req.sanCritical, Value: san})
	}
	t.NotBefore, t.NotAfter = l.validity(o)
	if req.nfTypes != nil {
		t.ExtraExtensions = append(t.ExtraExtensions, *req.nfTypes)
	}
	return t, nil
}

// extraName is the name that the knob of that name adds.
const extraName = "extra.lab.invalid"

// apply spoils a request as the knobs say, and returns who is to sign it.
func (f certificateFaults) apply(req *leafRequest, issuer authority) (authority, error) {
	if f.dropSANURI {
		req.names = slices.DeleteFunc(req.names, func(n generalName) bool { return n.tag == tagURI })
	}
	if f.dropName {
		for i := len(req.names) - 1; i >= 0; i-- {
			if req.names[i].tag == tagDNS {
				req.names = slices.Delete(req.names, i, i+1)
				break
			}
		}
	}
	if f.extraName {
		req.names = append(req.names, generalName{tag: tagDNS, value: extraName})
	}
	if f.dropEKU {
		// As Pebble: SEQUENCE of serverAuth alone.
		req.extKeyUsage = &pkix.Extension{Id: oidExtKeyUsage, Value: []byte{0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1}}
	}
	if f.dropNFTypes {
		req.nfTypes = nil
	}
	if f.dropSubject {
		req.subject = []byte{0x30, 0} // an empty sequence
	}
	if f.sanNotCritical {
		req.sanCritical = false
	}
	if f.foreignKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return issuer, err
		}
		if req.key, err = newPublicKey(&key.PublicKey); err != nil {
			return issuer, err
		}
	}
	if f.badChain {
		key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		if err != nil {
			return issuer, err
		}
		impostor := *issuer.certificate // the same name, another key
		impostor.PublicKey = &key.PublicKey
		return authority{&impostor, key}, nil
	}
	return issuer, nil
}

// getCertificate downloads a certificate with its default chain, and points
// to the other one (RFC 8555 7.4.2).
func (l *Lab) getCertificate(s *signedRequest) (reply, error) {
	c, err := l.ownCertificate(s)
	if err != nil {
		return reply{}, err
	}
	return chainReply(c, l.ca.issuer.certificate, l.certificateURL(c)+"/alternate"), nil
}

// getAlternate downloads a certificate with its alternate chain.
func (l *Lab) getAlternate(s *signedRequest) (reply, error) {
	c, err := l.ownCertificate(s)
	if err != nil {
		return reply{}, err
	}
	return chainReply(c, l.ca.cross, l.certificateURL(c)), nil
}

func chainReply(c *certificate, issuer *x509.Certificate, alternate string) reply {
	chain := append(certificatePEM(c.leaf.Raw), certificatePEM(issuer.Raw)...)
	return reply{status: http.StatusOK, chain: chain}.with("Link", link(alternate, "alternate"))
}

// ownCertificate finds the certificate of the URL and checks whose it is.
func (l *Lab) ownCertificate(s *signedRequest) (*certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.state.certificates[s.http.PathValue("id")]
	switch {
	case c == nil:
		return nil, notFound("certificate")
	case c.account != s.account:
		return nil, notYours("certificate")
	case !s.isGet():
		return nil, problemf(malformed, "a certificate takes no payload, want a POST-as-GET")
	}
	return c, nil
}

// holds reports whether the account has a valid authorization for each of the
// identifiers. Lab.mu must be held.
func (l *Lab) holds(a *account, ids []identifier) bool {
	valid := make(map[identifier]bool)
	for _, o := range a.orders {
		l.refresh(o)
		for _, z := range o.authorizations {
			valid[z.identifier] = valid[z.identifier] || z.status == statusValid
		}
	}
	return !slices.ContainsFunc(ids, func(id identifier) bool { return !valid[id] })
}
