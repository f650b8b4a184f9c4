package lab

import (
	"bytes"
	"cmp"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// renewalInfo is the window in which a client should renew a certificate (RFC
// 9773 4.2): it starts after two thirds of the validity and lasts a fiftieth of
// it. The window of a revoked certificate is in the past: renew at once.
func (l *Lab) renewalInfo(r *http.Request) (reply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, err := l.certificateByID(r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	life := c.leaf.NotAfter.Sub(c.leaf.NotBefore)
	start := c.leaf.NotBefore.Add(life * 2 / 3)
	end := start.Add(life / 50)
	switch {
	case l.faults.renewalWindow == "past", !c.revoked.IsZero():
		start, end = l.now().Add(-2*time.Hour), l.now().Add(-time.Hour)
	case l.faults.renewalWindow == "far":
		start, end = c.leaf.NotAfter.AddDate(10, 0, 0), c.leaf.NotAfter.AddDate(11, 0, 0)
	case l.faults.renewalWindow == "inverted":
		start, end = end, start
	}
	body := map[string]any{
		"suggestedWindow": map[string]string{"start": timestamp(start), "end": timestamp(end)},
		"explanationURL":  l.plain + "/",
	}
	return reply{status: http.StatusOK, body: body}.with("Retry-After", cmp.Or(l.faults.retryAfter, "21600")), nil
}

// certificateByID finds a certificate by its identifier (RFC 9773 4.1): AKI "."
// serial number, each as base64url. Lab.mu must be held.
func (l *Lab) certificateByID(id string) (*certificate, error) {
	aki, serial, ok := strings.Cut(id, ".")
	key, err := decodeBase64(aki)
	if !ok || err != nil || len(key) == 0 {
		return nil, problemf(malformed, "certificate %q, want base64url(keyIdentifier).base64url(serial) (RFC 9773 4.1)", id)
	}
	number, err := decodeBase64(serial)
	if err != nil || len(number) == 0 || number[0]&0x80 != 0 {
		return nil, problemf(malformed, "certificate %q: the serial is not a positive DER integer", id)
	}
	c := l.state.serials[new(big.Int).SetBytes(number).String()]
	if c == nil || !bytes.Equal(c.leaf.AuthorityKeyId, key) {
		return nil, notFound("certificate")
	}
	return c, nil
}

// setReplaces sets which certificate an order will replace (RFC 9773 5). Lab.mu
// must be held.
func (l *Lab) setReplaces(o *order, id string) error {
	if id == "" {
		return nil
	}
	c, err := l.certificateByID(id)
	if err != nil {
		return err
	}
	shared := func(id identifier) bool { return slices.Contains(o.identifiers, id) }
	switch {
	case c.account != o.account:
		return problemf(unauthorized, "replaces: the certificate belongs to another account")
	case !slices.ContainsFunc(c.identifiers, shared):
		return problemf(malformed, "replaces: the order has none of the certificate's identifiers")
	case c.replacement != nil && c.replacement.status != statusInvalid:
		return problemf(alreadyReplaced, "replaces: order %s already replaces the certificate", c.replacement.id)
	}
	c.replacement, o.replaces = o, id
	return nil
}
