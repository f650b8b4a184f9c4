package lab

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"crypto/x509"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"
)

// TestEnrol walks the whole way of RFC 8555 and looks at the certificate.
func TestEnrol(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	key := newECKey(t, elliptic.P256())
	second := "amf2.amf." + testDomain
	chain := c.enrol(nfCSR(t, key, testFQDN, second), testFQDN, second)
	if len(chain) != 2 {
		t.Fatalf("%d certificates in the chain, want leaf and intermediate", len(chain))
	}
	leaf := chain[0]
	if err := verifyChain(chain, l.IssuerRootPEM()); err != nil {
		t.Errorf("default chain: %v", err)
	}
	if err := verifyChain(chain, l.AlternateRootPEM()); err == nil {
		t.Error("the default chain verifies to the alternate root")
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		t.Error("the certificate is for another key")
	}
	if got, want := leaf.Subject.String(), "O="+testDomain+",C=SE"; got != want {
		t.Errorf("subject %q, want %q", got, want)
	}
	san, _ := extension(leaf, oidSubjectAltName)
	want, _ := marshalGeneralNames([]generalName{{tagDNS, testFQDN}, {tagDNS, second}, {tagURI, testInstance}})
	if !san.Critical || !bytes.Equal(san.Value, want) {
		t.Errorf("subjectAltName critical %v value %x, want critical %x", san.Critical, san.Value, want)
	}
	if nft, ok := extension(leaf, oidNFTypes); !ok || nft.Critical || !bytes.Equal(nft.Value, []byte("\x30\x05\x16\x03AMF")) {
		t.Errorf("NFTypes %+v, want AMF, not critical", nft)
	}
	if ku, _ := extension(leaf, oidKeyUsage); !ku.Critical || leaf.KeyUsage != x509.KeyUsageDigitalSignature {
		t.Errorf("keyUsage critical %v %v, want critical digitalSignature", ku.Critical, leaf.KeyUsage)
	}
	if len(leaf.ExtKeyUsage) != 2 || len(leaf.UnhandledCriticalExtensions) != 0 {
		t.Errorf("EKU %v, unhandled %v; want two and none", leaf.ExtKeyUsage, leaf.UnhandledCriticalExtensions)
	}
	if n := len(leaf.SerialNumber.Bytes()); leaf.SerialNumber.Sign() <= 0 || n > 20 {
		t.Errorf("serial number of %d octets, sign %d", n, leaf.SerialNumber.Sign())
	}
	if !bytes.Equal(leaf.AuthorityKeyId, chain[1].SubjectKeyId) || len(leaf.SubjectKeyId) != 20 {
		t.Errorf("AKI %x SKI %x, want the issuer's %x and 20 octets", leaf.AuthorityKeyId, leaf.SubjectKeyId, chain[1].SubjectKeyId)
	}
	if got := leaf.NotAfter.Sub(leaf.NotBefore); got != 90*24*time.Hour {
		t.Errorf("validity %v, want 90 days", got)
	}
}

// TestRequestFloor counts the requests of the shortest way: no hidden cost.
func TestRequestFloor(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.plain(http.MethodGet, l.DirectoryURL())
	c.enrol(nfCSR(t, newECKey(t, elliptic.P256()), testFQDN), testFQDN)
	seen := make(map[Endpoint]int)
	for _, q := range l.Requests() {
		seen[q.Endpoint]++
	}
	for _, e := range []Endpoint{EndpointDirectory, EndpointNewAccount, EndpointNewOrder, EndpointAuthz, EndpointChallenge, EndpointFinalize, EndpointCert} {
		if seen[e] != 1 {
			t.Errorf("%d requests at %s, want 1", seen[e], e)
		}
	}
}

func TestCloseEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-l.done:
	case <-time.After(5 * time.Second):
		t.Fatal("the lab outlives its context")
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// TestRequestLog keeps the latest requests, oldest first.
func TestRequestLog(t *testing.T) {
	var g requestLog
	for i := range requestCapacity + 3 {
		g.add(Request{Status: i})
	}
	all := g.all()
	if len(all) != requestCapacity || all[0].Status != 3 || all[len(all)-1].Status != requestCapacity+2 {
		t.Errorf("%d requests from %d to %d, want %d from 3", len(all), all[0].Status, all[len(all)-1].Status, requestCapacity)
	}
}

// TestCloseWithIdleClient closes under a client that keeps its connection.
func TestCloseWithIdleClient(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.http.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	c.plain(http.MethodGet, l.DirectoryURL())
	if err := l.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := c.tryGet(l.DirectoryURL()); err == nil {
		t.Error("a closed lab answers")
	}
}

// TestCloseEndsSlowRequests closes a lab whose responses are delayed.
func TestCloseEndsSlowRequests(t *testing.T) {
	l, r := startLab(t, Options{}, "slow=1h")
	c := newClient(t, l, r)
	failed := make(chan error, 1)
	arrived := make(chan struct{})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(arrived) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, l.DirectoryURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, err := c.do(req)
		failed <- err
	}()
	<-arrived
	if err := l.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("the slow request was answered")
	}
}
