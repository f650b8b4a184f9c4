package lab

import (
	"crypto/elliptic"
	"crypto/x509"
	"net/http"
	"testing"
	"time"
)

// certName is the certificate's name for its CA, made as RFC 9773 4.1 says and
// by other means than the lab reads it.
func certName(t *testing.T, leaf *x509.Certificate) string {
	t.Helper()
	serial := leaf.SerialNumber.Bytes()
	if serial[0] >= 0x80 {
		serial = append([]byte{0}, serial...)
	}
	return b64.EncodeToString(leaf.AuthorityKeyId) + "." + b64.EncodeToString(serial)
}

// window asks when a certificate should be renewed.
func (c *client) window(leaf *x509.Certificate) (start, end time.Time) {
	c.t.Helper()
	a := c.plain(http.MethodGet, c.lab.url(EndpointRenewal, certName(c.t, leaf)))
	if a.status != http.StatusOK {
		c.t.Fatalf("renewal info: status %d, body %s", a.status, a.body)
	}
	w, _ := a.json(c.t)["suggestedWindow"].(map[string]any)
	for name, into := range map[string]*time.Time{"start": &start, "end": &end} {
		text, _ := w[name].(string)
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			c.t.Fatalf("%s %q: %v", name, text, err)
		}
		*into = when
	}
	return start, end
}

func renewalCases() []misbehaviourCase {
	issued := func(t *testing.T, c *client) *x509.Certificate {
		return c.enrol(nfCSR(t, newECKey(t, elliptic.P256()), testFQDN), testFQDN)[0]
	}
	return []misbehaviourCase{
		{"no-renewal-info", func(t *testing.T, c *client) {
			if url, is := c.plain(http.MethodGet, c.lab.DirectoryURL()).json(t)["renewalInfo"]; is {
				t.Errorf("the directory has renewalInfo %v, want none", url)
			}
		}},
		{"renewal-window=past", func(t *testing.T, c *client) {
			if _, end := c.window(issued(t, c)); !end.Before(time.Now()) {
				t.Errorf("the window ends at %s, want the past", end)
			}
		}},
		{"renewal-window=far", func(t *testing.T, c *client) {
			leaf := issued(t, c)
			if start, _ := c.window(leaf); !start.After(leaf.NotAfter) {
				t.Errorf("the window starts at %s, want after the certificate's end %s", start, leaf.NotAfter)
			}
		}},
		{"renewal-window=inverted", func(t *testing.T, c *client) {
			if start, end := c.window(issued(t, c)); !end.Before(start) {
				t.Errorf("the window is %s to %s, want an end before the start", start, end)
			}
		}},
	}
}

// TestRenewal asks when to renew and replaces a certificate (RFC 9773).
func TestRenewal(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	leaf := c.enrol(nfCSR(t, newECKey(t, elliptic.P256()), testFQDN), testFQDN)[0]
	start, end := c.window(leaf)
	if !start.After(time.Now()) || !end.After(start) || !end.Before(leaf.NotAfter) {
		t.Errorf("window %s to %s of a certificate until %s, want it within the certificate's life", start, end, leaf.NotAfter)
	}
	for _, path := range []string{"", "AAAA", "AAAA.", ".AAAA", "?.?", "AAAA.gA"} {
		if a := c.plain(http.MethodGet, l.url(EndpointRenewal, path)); a.status == http.StatusOK {
			t.Errorf("renewal info of %q: status 200, want a refusal", path)
		}
	}

	order := func(names ...string) object {
		ids := []object{}
		for _, n := range names {
			ids = append(ids, object{"type": "dns", "value": n})
		}
		return object{"identifiers": ids, "replaces": certName(t, leaf)}
	}
	url := l.base + "/new-order"
	c.refused(400, malformed, url, order("smf1.smf.5gc.mnc001.mcc001.3gppnetwork.org"))
	other := newClient(t, l, r)
	other.register(nil)
	other.refused(403, unauthorized, url, order(testFQDN))
	if got := c.want(http.StatusCreated, url, order(testFQDN)).json(t)["replaces"]; got != certName(t, leaf) {
		t.Errorf("the order replaces %v, want %s", got, certName(t, leaf))
	}
	c.refused(409, alreadyReplaced, url, order(testFQDN))

	c.want(http.StatusOK, l.base+"/revoke-cert", object{"certificate": b64.EncodeToString(leaf.Raw)})
	if _, end := c.window(leaf); !end.Before(time.Now()) {
		t.Errorf("the window of a revoked certificate ends at %s, want the past", end)
	}
}
