package lab

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// renewalPath is where renewal information is found; the certificate's name
// follows (RFC 9773 4.1).
const renewalPath = "/renewal-info/"

// renewalInfo is the window in which a certificate should be renewed (RFC 9773
// 4.2): a fiftieth of its life, after two thirds of it. One that is revoked
// should be renewed at once.
func (l *Lab) renewalInfo(r *http.Request) (reply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, err := l.named(r.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	life := c.leaf.NotAfter.Sub(c.leaf.NotBefore)
	start := c.leaf.NotBefore.Add(life * 2 / 3)
	end := start.Add(life / 50)
	switch {
	case l.wrong.renewalWindow == "past", !c.revoked.IsZero():
		start, end = l.now().Add(-2*time.Hour), l.now().Add(-time.Hour)
	case l.wrong.renewalWindow == "far":
		start, end = c.leaf.NotAfter.AddDate(10, 0, 0), c.leaf.NotAfter.AddDate(11, 0, 0)
	case l.wrong.renewalWindow == "inverted":
		start, end = end, start
	}
	body := map[string]any{
		"suggestedWindow": map[string]string{"start": timestamp(start), "end": timestamp(end)},
		"explanationURL":  l.plain + "/",
	}
	wait := "21600"
	if l.wrong.retryAfter != "" {
		wait = l.wrong.retryAfter
	}
	return reply{status: http.StatusOK, body: body}.with("Retry-After", wait), nil
}

// named finds a certificate by its name for the CA: AKI "." serial, both the
// base64url of their bytes in the certificate. Lab.mu must be held.
func (l *Lab) named(id string) (*certificate, error) {
	aki, serial, ok := strings.Cut(id, ".")
	key, err := base64.RawURLEncoding.DecodeString(aki)
	if !ok || err != nil || len(key) == 0 {
		return nil, problemf(malformed, "certificate %q, want base64url(keyIdentifier).base64url(serial)", id)
	}
	number, err := base64.RawURLEncoding.DecodeString(serial)
	if err != nil || len(number) == 0 || number[0]&0x80 != 0 {
		return nil, problemf(malformed, "certificate %q: the serial is not a positive integer as DER writes it", id)
	}
	c := l.state.serials[new(big.Int).SetBytes(number).String()]
	if c == nil || !bytes.Equal(c.leaf.AuthorityKeyId, key) {
		return nil, notFound("certificate")
	}
	return c, nil
}

// replace notes which certificate an order's will replace (RFC 9773 5). Lab.mu
// must be held.
func (l *Lab) replace(o *order, id string) error {
	if id == "" {
		return nil
	}
	c, err := l.named(id)
	if err != nil {
		return err
	}
	shares := func(i identifier) bool {
		return slices.ContainsFunc(o.identifiers, func(j identifier) bool { return j == i })
	}
	switch {
	case c.account != o.account:
		return problemf(unauthorized, "replaces: the certificate is another account's")
	case !slices.ContainsFunc(c.identifiers, shares):
		return problemf(malformed, "replaces: the order has none of the certificate's identifiers")
	case c.replacement != nil && c.replacement.status != statusInvalid:
		return problemf(alreadyReplaced, "replaces: order %s replaces it already", c.replacement.id)
	}
	c.replacement, o.replaces = o, id
	return nil
}
