package lab

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"
)

// finalize accepts the CSR of a ready order and issues the certificate (RFC 8555
// 7.4). If it refuses the CSR, the order stays ready for another one. Lab.mu must
// be held.
func (l *Lab) finalize(s *signedRequest, o *order) (reply, error) {
	var req struct {
		CSR string `json:"csr"`
	}
	if err := decodePayload(s.payload, &req); err != nil {
		return reply{}, err
	}
	l.refresh(o)
	if o.status != statusReady {
		return reply{}, problemf(orderNotReady, "the order is %s, want ready", o.status)
	}
	leaf, err := l.checkCSR(o, req.CSR)
	if err != nil {
		return reply{}, err
	}
	issued, err := l.issue(o, leaf)
	if err != nil {
		return reply{}, err
	}
	o.certificate, o.status = issued, statusProcessing
	if l.faults.finalizeValid {
		o.status = statusValid
	}
	l.log.Info("certificate issued", "order", o.id, "serial", issued.leaf.SerialNumber.Text(16), "names", issued.leaf.DNSNames)
	rep := reply{status: http.StatusOK, body: l.viewOrder(o)}
	if !l.faults.noFinalizeLocation {
		rep = rep.with("Location", l.orderURL(o))
	}
	return l.withRetryAfter(rep, o.status), nil
}

// checkCSR reads the CSR for an order. Lab.mu must be held.
func (l *Lab) checkCSR(o *order, encoded string) (*leafRequest, error) {
	der, err := decodeBase64(encoded)
	if err == nil && len(der) == 0 {
		err = errors.New("missing")
	}
	if err != nil {
		return nil, problemf(malformed, "csr: %v", err)
	}
	leaf, err := parseCSR(der, o.identifiers)
	if err != nil {
		return nil, problemf(badCSR, "CSR: %v", err)
	}
	// RFC 8555 11.1: a certificate must not have an account key.
	if l.state.accountKeys[leaf.key.thumbprint()] != nil {
		return nil, problemf(badCSR, "CSR: the key is an account key")
	}
	return leaf, nil
}

// validity is the validity of the order's certificate: as requested, else from
// now for Options.Validity. It ends no later than that of either issuer certificate.
func (l *Lab) validity(o *order) (notBefore, notAfter time.Time) {
	notBefore = cmp.Or(o.notBefore, l.now().Add(-backdate))
	notAfter = cmp.Or(o.notAfter, notBefore.Add(l.options.Validity))
	ends := []time.Time{notAfter, l.ca.issuer.certificate.NotAfter, l.ca.cross.NotAfter}
	return notBefore, slices.MinFunc(ends, time.Time.Compare)
}
