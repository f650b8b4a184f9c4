package lab

import (
	"errors"
	"net/http"
	"time"
)

// finalize takes the CSR of a ready order and issues (RFC 8555 7.4). A CSR
// that is refused leaves the order ready, so that the client may send another.
func (l *Lab) finalize(s *signedRequest) (reply, error) {
	var req struct {
		CSR string `json:"csr"`
	}
	if err := decodePayload(s.payload, &req); err != nil {
		return reply{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	o, err := l.ownOrder(l.state.finalizers[s.http.PathValue("id")], s)
	if err != nil {
		return reply{}, err
	}
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
	if l.wrong.finalizeValid {
		o.status = statusValid
	}
	l.log.Info("certificate issued", "order", o.id, "serial", issued.leaf.SerialNumber.Text(16), "names", issued.leaf.DNSNames)
	rep := reply{status: http.StatusOK, body: l.viewOrder(o)}
	if !l.wrong.finalizeNoLocation {
		rep = rep.with("Location", l.orderURL(o))
	}
	return l.hurry(rep, o.status), nil
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
	// RFC 8555 11.1: an account key must not be certified.
	if l.state.accountKeys[leaf.key.thumbprint()] != nil {
		return nil, problemf(badCSR, "CSR: the key is an account key")
	}
	return leaf, nil
}

// validity is when the order's certificate begins and ends: as the client
// asked, else from now for the lab's validity, and never beyond the issuer.
func (l *Lab) validity(o *order) (notBefore, notAfter time.Time) {
	notBefore, notAfter = o.notBefore, o.notAfter
	if notBefore.IsZero() {
		notBefore = l.now().Add(-backdate)
	}
	if notAfter.IsZero() {
		notAfter = notBefore.Add(l.options.Validity)
	}
	if end := l.ca.issuer.certificate.NotAfter; notAfter.After(end) {
		notAfter = end
	}
	if end := l.ca.cross.NotAfter; notAfter.After(end) {
		notAfter = end
	}
	return notBefore, notAfter
}
