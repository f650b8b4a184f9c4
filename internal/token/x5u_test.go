package token

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestFetchSigner follows x5u to a signer, and refuses forbidden URLs and answers
// that are not certificates.
func TestFetchSigner(t *testing.T) {
	key := newKey(t)
	leaf := newCertificate(t, "signer", nil, key.Public(), key)
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	for _, tc := range []struct {
		name   string
		status int
		body   []byte
		want   string // in the error; "": none
	}{
		{"PEM", 200, good, ""},
		{"PEM after words", 200, append([]byte("the signer\n"), good...), ""},
		{"DER", 200, leaf.Raw, ""},
		{"missing", 404, nil, "HTTP status 404 at its x5u"},
		{"empty", 200, nil, "something else at its x5u"},
		{"another block", 200, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}}), "something else"},
		{"a bad certificate", 200, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), "something else"},
		{"huge", 200, append(make([]byte, 2*maxSigner), good...), "something else"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.WriteHeader(tc.status)
				_, _ = rw.Write(tc.body)
			}))
			defer server.Close()
			got := &Token{X5U: server.URL + "/signer.pem"}
			err := got.FetchSigner(t.Context(), server.Client().Transport)
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) || len(got.Chain) > 0 {
					t.Errorf("error %v and %d certificates, want %q", err, len(got.Chain), tc.want)
				}
				return
			}
			if err != nil || len(got.Chain) != 1 || !got.Chain[0].Equal(leaf) {
				t.Errorf("error %v, chain of %d, want the signer", err, len(got.Chain))
			}
		})
	}
	for _, raw := range []string{"http://oam.example/c", "https://169.254.169.254/c", "https://[fe80::1]/c", "://", "https://u:p@oam.example/c"} {
		err := (&Token{X5U: raw}).FetchSigner(t.Context(), nil)
		if refused := (*AuthorityURLError)(nil); !errors.As(err, &refused) {
			t.Errorf("%s: %v, want an AuthorityURLError", raw, err)
		}
	}
	if err := (&Token{}).FetchSigner(t.Context(), nil); err != nil {
		t.Errorf("without x5u: %v", err)
	}
}
