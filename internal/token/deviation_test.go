package token_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/token"
)

// Each row of the table that this package accepts is recorded when a token or
// its authority does so, and the token passes all the same.
func TestDeviations(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	const thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
	fingerprint, err := token.Fingerprint(thumbprint)
	if err != nil {
		t.Fatal(err)
	}
	want := token.ATC{Type: "NfInstanceId", Value: "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Fingerprint: fingerprint}
	cert := newCertificate(t, now)
	b64 := base64.StdEncoding.EncodeToString(cert)
	type object = map[string]any
	tested := map[acmewire.DeviationID]bool{}

	// Each case changes one thing of a token and an authority that conform.
	for _, tt := range []struct {
		id     string // "": nothing is recorded
		change func(header, claims, atc object, answer *answer)
		found  string
	}{
		{"", func(_, _, _ object, _ *answer) {}, ""},
		{"token-authority-content-type", func(_, _, _ object, a *answer) { a.kind = "text/plain" }, `"text/plain"`},
		{"token-authority-status", func(_, _, _ object, a *answer) { a.status = 201 }, "HTTP 201, want 200"},
		{"token-authority-whitespace", func(_, _, _ object, a *answer) { a.before = " " }, "https://"},
		{"token-clock-skew", func(_, claims, _ object, _ *answer) { claims["nbf"] = now.Add(30 * time.Second).Unix() }, "valid from"},
		{"token-clock-skew", func(_, claims, _ object, _ *answer) { claims["exp"] = now.Add(-30 * time.Second).Unix() }, "expired at"},
		{"token-fingerprint-form", func(_, _, atc object, _ *answer) { atc["fingerprint"] = thumbprint }, thumbprint},
		{"token-type-case", func(_, _, atc object, _ *answer) { atc["tktype"] = "nfinstanceid" }, `"nfinstanceid", want "NfInstanceId"`},
		{"token-x5c-line-breaks", func(header, _, _ object, _ *answer) { header["x5c"] = []string{b64[:64] + "\n" + b64[64:]} }, "certificate 1"},
		{"token-x5u-form", func(header, _, _ object, a *answer) { a.signer = cert; header["x5u"] = "@/signer" }, "in DER"},
		{"token-x5u-form", func(header, _, _ object, a *answer) {
			header["x5u"] = "@/signer"
			a.signer = append(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte{1}}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})...)
		}, `"PUBLIC KEY"`},
	} {
		t.Run(tt.id, func(t *testing.T) {
			atc := object{"tktype": want.Type, "tkvalue": want.Value, "fingerprint": want.Fingerprint}
			header, claims := object{"alg": "ES256"}, object{"exp": now.Add(time.Minute).Unix(), "jti": "one", "atc": atc}
			said := &answer{status: 200, kind: "application/json"}
			tt.change(header, claims, atc, said)
			server := httptest.NewTLSServer(said)
			t.Cleanup(server.Close)
			if u, ok := header["x5u"].(string); ok {
				header["x5u"] = strings.Replace(u, "@", server.URL, 1)
			}
			said.token = said.before + part(t, header) + "." + part(t, claims) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))

			var got []token.Deviation
			ctx := token.WithDeviations(t.Context(), func(d token.Deviation) { got = append(got, d) })
			if err := obtain(ctx, server, want, now); err != nil {
				t.Fatal(err)
			}
			if tt.id == "" {
				if len(got) != 0 {
					t.Errorf("recorded %+v of a token that conforms", got)
				}
				return
			}
			if len(got) != 1 || got[0].ID != tt.id || !strings.Contains(got[0].Found, tt.found) {
				t.Errorf("recorded %+v, want %s alone, with %q", got, tt.id, tt.found)
			}
			row, ok := acmewire.LookupDeviation(acmewire.DeviationID(tt.id))
			if !ok || row.Code != "token" {
				t.Errorf("%q has the row %+v, want one of this package", tt.id, row)
			}
			tested[row.ID] = true
		})
	}
	for _, d := range acmewire.Deviations() {
		if d.Code == "token" && !tested[d.ID] {
			t.Errorf("no test records %q", d.ID)
		}
	}
}

// obtain does what a client does with a token before it sends it.
func obtain(ctx context.Context, server *httptest.Server, want token.ATC, now time.Time) error {
	authority := &token.Authority{URL: server.URL + "/token", HTTP: server.Client().Transport}
	text, err := authority.Token(ctx, want)
	if err != nil {
		return err
	}
	parsed, err := token.Parse(text)
	if err != nil {
		return err
	}
	if err := parsed.FetchSigner(ctx, server.Client().Transport); err != nil {
		return err
	}
	if err := parsed.Check(want, now, token.CheckOptions{Skew: time.Minute}); err != nil {
		return err
	}
	token.Report(ctx, parsed.Deviations(want, now)...)
	return nil
}

// answer is what the server says: a token, and the certificate at x5u.
type answer struct {
	status        int
	kind          string
	before, token string
	signer        []byte
}

func (a *answer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/signer" {
		_, _ = w.Write(a.signer)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.WriteHeader(a.status)
	body, _ := json.Marshal(map[string]string{"token": a.token})
	_, _ = w.Write(body)
}

// part is a JSON object as a part of a JWS.
func part(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// newCertificate signs itself; in DER.
func newCertificate(t *testing.T, now time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "signer"}, NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
