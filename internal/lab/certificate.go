package lab

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/http"
	"time"
)

// certificate is an issued certificate. Its revocation and replacement are
// guarded by Lab.mu.
type certificate struct {
	id      string
	account *account
	leaf    *x509.Certificate
	revoked time.Time // zero if not revoked
	reason  int       // of the revocation, RFC 5280 5.3.1

	identifiers []identifier // of its order
	replacement *order       // for a certificate that replaces this one; may be nil
}

func (c *certificate) owner() *account { return c.account }

func (l *Lab) certificateURL(c *certificate) string { return l.url(EndpointCert, c.id) }

// issue signs the certificate that a checked CSR requests. Lab.mu must be held.
func (l *Lab) issue(o *order, req *leafRequest) (*certificate, error) {
	signer := l.faults.certificate.apply(req, l.ca.issuer)
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

// leafTemplate is a certificate with the NF profile (TS 33.310 6.1.3c.3). The
// extensions of the CSR are copied without a change.
func (l *Lab) leafTemplate(o *order, req *leafRequest) (*x509.Certificate, error) {
	t := &x509.Certificate{
		SerialNumber:          newSerial(),
		RawSubject:            req.subject,
		SubjectKeyId:          keyIdentifier(req.key.public),
		CRLDistributionPoints: []string{l.plain + crlPath},
		IssuingCertificateURL: []string{l.plain + issuerPath},
		ExtraExtensions:       []pkix.Extension{*req.keyUsage},
	}
	if req.extKeyUsage != nil {
		t.ExtraExtensions = append(t.ExtraExtensions, *req.extKeyUsage)
	}
	if len(req.names) > 0 { // drop-san-uri may have removed the only name, and an empty extension is invalid
		san, err := marshalGeneralNames(req.names)
		if err != nil {
			return nil, fmt.Errorf("encoding subjectAltName: %w", err)
		}
		t.ExtraExtensions = append(t.ExtraExtensions, pkix.Extension{Id: oidSubjectAltName, Critical: req.sanCritical, Value: san})
	}
	t.NotBefore, t.NotAfter = l.validity(o)
	if req.nfTypes != nil {
		t.ExtraExtensions = append(t.ExtraExtensions, *req.nfTypes)
	}
	return t, nil
}

// getCertificate downloads a certificate with its default chain, and links to
// the alternate chain (RFC 8555 7.4.2).
func (l *Lab) getCertificate(_ *signedRequest, c *certificate) (reply, error) {
	return l.chainReply(c, l.ca.issuer.certificate, "/alternate"), nil
}

// getAlternate downloads a certificate with its alternate chain.
func (l *Lab) getAlternate(_ *signedRequest, c *certificate) (reply, error) {
	return l.chainReply(c, l.ca.cross, ""), nil
}

// chainReply is a certificate with its issuer. The path of the other chain is
// relative to the URL of the certificate.
func (l *Lab) chainReply(c *certificate, issuer *x509.Certificate, other string) reply {
	chain := append(certificatePEM(c.leaf.Raw), certificatePEM(issuer.Raw)...)
	return reply{status: http.StatusOK, chain: chain}.with("Link", link(l.certificateURL(c)+other, "alternate"))
}
