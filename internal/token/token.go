// Package token gets and checks Authority Tokens (RFC 9447), with which an NF proves
// its NF instance id to an ACME server (TS 33.310 Annex J).
//
// A token is a secret until it is used. It is a [secret.Bytes], and no error or
// document of this package contains it.
package token

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nfcert/nfcert/internal/secret"
)

// maxToken bounds a token, in bytes. It leaves room for a certificate chain.
const maxToken = 64 << 10

// TKTypeATC is the only type of token that this package knows (RFC 9447 section
// 3.1).
const TKTypeATC = "atc"

// ATC is the claim of a token about an identifier (RFC 9447 section 4), and the
// request for a token (section 5).
type ATC struct {
	Type        string `json:"tktype"`       // identifier type, as in NfInstanceId
	Value       string `json:"tkvalue"`      // identifier
	Fingerprint string `json:"fingerprint"`  // of the ACME account key, see [Fingerprint]
	CA          bool   `json:"ca,omitempty"` // whether it allows a CA certificate
}

// Token is a parsed Authority Token. Its contents are unchecked.
type Token struct {
	Algorithm string    `json:"alg"`
	Type      string    `json:"typ,omitempty"`
	KeyID     string    `json:"kid,omitempty"`
	X5U       string    `json:"x5u,omitempty"`
	Issuer    string    `json:"iss,omitempty"`
	Subject   string    `json:"sub,omitempty"`
	ID        string    `json:"jti,omitempty"`
	Issued    time.Time `json:"iat,omitzero"`
	NotBefore time.Time `json:"nbf,omitzero"`
	Expires   time.Time `json:"exp,omitzero"`
	ATC       ATC       `json:"atc"`
	// Others are all other claims.
	Others map[string]json.RawMessage `json:"otherClaims,omitempty"`
	// Chain is the certificate chain of x5c, the signer's first.
	Chain []*x509.Certificate `json:"-"`

	signed     *jose.JSONWebSignature
	deviations []Deviation // of what was read
}

// algorithms are the allowed signature algorithms, all asymmetric (RFC 8725 section
// 3.1).
var algorithms = []jose.SignatureAlgorithm{
	jose.ES256, jose.ES384, jose.ES512, jose.RS256, jose.PS256, jose.EdDSA,
}

// FormError says why something is not an Authority Token.
type FormError struct{ Reason string }

func (e *FormError) Error() string { return "not an Authority Token: " + e.Reason }

func malformed(format string, args ...any) error {
	return &FormError{Reason: fmt.Sprintf(format, args...)}
}

// Parse parses a token: a JWT in a compact JWS. Every error is a [FormError].
func Parse(token secret.Bytes) (*Token, error) {
	text := bytes.TrimSpace(token.Reveal())
	switch {
	case len(text) == 0:
		return nil, malformed("it is empty")
	case len(text) > maxToken:
		return nil, malformed("it is longer than %d KiB", maxToken>>10)
	}
	parts := strings.Split(string(text), ".")
	if len(parts) != 3 {
		return nil, malformed("it has %d parts separated by dots, want the three of a compact JWS (RFC 7515 3.1)", len(parts))
	}
	// encoding/base64 ignores line breaks, but servers refuse them.
	if bytes.ContainsAny(text, " \t\r\n") {
		return nil, malformed("it contains white space, as from a wrapped line")
	}
	if _, err := base64.RawURLEncoding.Strict().DecodeString(parts[2]); err != nil {
		return nil, malformed("its signature is not base64url (RFC 7515 2)")
	}
	t := &Token{}
	if err := t.header(parts[0]); err != nil {
		return nil, err
	}
	if err := t.claims(parts[1]); err != nil {
		return nil, err
	}
	// The error of go-jose may quote the token, so it is dropped.
	if signed, err := jose.ParseSignedCompact(string(text), algorithms); err == nil {
		t.signed = signed
	} else if slices.Contains(algorithms, jose.SignatureAlgorithm(t.Algorithm)) {
		return nil, malformed("its JWS cannot be read (RFC 7515)")
	}
	return t, nil
}

// header reads the protected header. Check judges the algorithm, so that a token
// with alg none can be shown.
func (t *Token) header(part string) error {
	h, err := decodePart(part)
	if err != nil {
		return malformed("its header %v", err)
	}
	if _, critical := h["crit"]; critical {
		return malformed("its header requires an extension (crit), and none is supported (RFC 7515 4.1.11)")
	}
	var chain []string
	if h["alg"] == nil {
		return malformed("its header has no alg (RFC 7515 4.1.1)")
	}
	wrong := h.take(member{"alg", &t.Algorithm}, member{"typ", &t.Type}, member{"kid", &t.KeyID}, member{"x5u", &t.X5U}, member{"x5c", &chain})
	if wrong != "" {
		return malformed("its header's %s has the wrong type (RFC 7515 4.1)", wrong)
	}
	for i, text := range chain {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return malformed("certificate %d of its x5c is not base64 (RFC 7515 4.1.6)", i+1)
		}
		if strings.ContainsAny(text, "\r\n") { // encoding/base64 passes over them
			t.deviations = append(t.deviations, Deviation{devX5CLineBreak, fmt.Sprintf("certificate %d of x5c", i+1)})
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return malformed("certificate %d of its x5c cannot be read", i+1)
		}
		t.Chain = append(t.Chain, cert)
	}
	return nil
}

func (t *Token) claims(part string) error {
	all, err := decodePart(part)
	if err != nil {
		return malformed("its payload %v", err)
	}
	wrong := all.take(
		member{"iss", &t.Issuer}, member{"sub", &t.Subject}, member{"jti", &t.ID},
		member{"iat", (*numericDate)(&t.Issued)}, member{"nbf", (*numericDate)(&t.NotBefore)}, member{"exp", (*numericDate)(&t.Expires)},
	)
	if wrong != "" {
		return malformed("its claim %s has the wrong type (RFC 7519 4.1)", wrong)
	}
	if err := t.ATC.read(all); err != nil {
		return err
	}
	if len(all) > 0 {
		t.Others = all
	}
	return nil
}

// read takes the claim atc from all claims.
func (a *ATC) read(all members) error {
	raw, there := all["atc"]
	if !there {
		return nil
	}
	delete(all, "atc")
	m, err := decodeMembers(raw)
	if err != nil {
		return malformed("its claim atc is not a JSON object with unique members (RFC 9447 4)")
	}
	wrong := m.take(member{"tktype", &a.Type}, member{"tkvalue", &a.Value}, member{"fingerprint", &a.Fingerprint}, member{"ca", &a.CA})
	if wrong != "" {
		return malformed("its claim atc has a %s of the wrong type (RFC 9447 4)", wrong)
	}
	return nil
}

// numericDate is seconds since 1970 (RFC 7519 section 2).
type numericDate time.Time

// maxDate is far later than any token expires, and time.Time can format it.
const maxDate = 253402300799 // end of the year 9999

func (d *numericDate) UnmarshalJSON(data []byte) error {
	var seconds float64
	if err := json.Unmarshal(data, &seconds); err != nil {
		return err
	}
	if seconds < 0 || seconds > maxDate {
		return errors.New("out of range")
	}
	*d = numericDate(time.Unix(int64(seconds), 0).UTC())
	return nil
}
