package lab

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// kindTKAuth is the challenge type by which an NF instance ID is proven (RFC
// 9447 3, TS 33.310 Annex J.2.2).
const kindTKAuth = "tkauth-01"

// Bounds of a token: how far clocks may differ, and how long one may last.
const (
	tokenSkew    = time.Minute
	tokenMaxLife = time.Hour
)

// atcClaim is what a token says of an identifier (RFC 9447 4).
type atcClaim struct {
	Type        string `json:"tktype"`
	Value       string `json:"tkvalue"`
	Fingerprint string `json:"fingerprint"`
	CA          bool   `json:"ca"`
}

// tokenClaims are the claims that are looked at.
type tokenClaims struct {
	Expires   *numericDate `json:"exp"`
	NotBefore *numericDate `json:"nbf"`
	ID        string       `json:"jti"`
	ATC       *atcClaim    `json:"atc"`
}

// numericDate is seconds since 1970, with fractions or without (RFC 7519 2).
type numericDate float64

// time is the date, or the nearest from 1970 to the end of the year 9999.
func (d numericDate) time() time.Time {
	return time.Unix(int64(min(max(d, 0), 253402300799)), 0)
}

// tokenOf takes the token out of an answer to a challenge: {"tkauth": …} as in
// RFC 9448, or {"atc": …} as older clients send it.
func (l *Lab) tokenOf(payload []byte) (string, *problem) {
	members, err := decodeObject(payload)
	if err != nil {
		return "", problemf(malformed, "payload: %v", err)
	}
	for _, field := range []string{"tkauth", "atc"} {
		token, ok, err := stringMember(members, field)
		switch {
		case err != nil:
			return "", problemf(malformed, "payload: %v", err)
		case ok && (l.wrong.tokenField == "" || l.wrong.tokenField == field):
			return token, nil
		}
	}
	want := l.wrong.tokenField
	if want == "" {
		want = "tkauth"
	}
	return "", problemf(malformed, "the answer to a tkauth-01 challenge has no member %q with the token (RFC 9448)", want)
}

// checkToken validates an Authority Token as RFC 9447 and RFC 9448 say, and
// returns what is wrong with it, or nil. Lab.mu must be held.
func (l *Lab) checkToken(token string, id identifier, thumbprint string) *problem {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return problemf(malformed, "token: %d parts, want the three of a compact JWS", len(parts))
	}
	signer, algorithm, p := l.tokenSigner(parts[0])
	if p != nil {
		return p
	}
	signature, err := decodeBase64(parts[2])
	if err != nil {
		return problemf(malformed, "token: signature: %v", err)
	}
	key, err := newPublicKey(signer.PublicKey)
	if err != nil {
		return problemf(unauthorized, "token: the signer's key: %v", err)
	}
	check := &jws{algorithm: algorithm, input: []byte(parts[0] + "." + parts[1]), signature: signature}
	if err := check.verify(key); err != nil {
		return problemf(unauthorized, "token: %v", err)
	}
	var claims tokenClaims
	data, err := decodeBase64(parts[1])
	if err == nil {
		err = json.Unmarshal(data, &claims)
	}
	if err != nil {
		return problemf(malformed, "token: claims: %v", err)
	}
	if p := claims.check(id, thumbprint); p != nil {
		return p
	}
	return l.checkTokenTime(claims)
}

// tokenSigner reads the header and finds a trusted signer in x5c.
func (l *Lab) tokenSigner(part string) (signer *x509.Certificate, algorithm string, p *problem) {
	data, err := decodeBase64(part)
	var header struct {
		Alg string   `json:"alg"`
		Typ string   `json:"typ"`
		X5C []string `json:"x5c"`
		X5U string   `json:"x5u"`
	}
	if err == nil {
		err = json.Unmarshal(data, &header)
	}
	switch {
	case err != nil:
		return nil, "", problemf(malformed, "token: header: %v", err)
	case header.Typ != "" && !strings.EqualFold(header.Typ, "JWT"): // it may be left out, RFC 7519 5.1
		return nil, "", problemf(malformed, "token: typ %q, want JWT", header.Typ)
	case header.Alg == "" || header.Alg == "none" || strings.HasPrefix(header.Alg, "HS"):
		return nil, "", problemf(unauthorized, "token: alg %q, want an asymmetric one (RFC 8725 3.1)", header.Alg)
	case len(header.X5C) == 0 && header.X5U != "":
		return nil, "", problemf(unauthorized, "token: signer named by x5u, which this server does not fetch; want x5c")
	case len(header.X5C) == 0:
		return nil, "", problemf(unauthorized, "token: no x5c that names its signer")
	}
	var chain []*x509.Certificate
	for i, text := range header.X5C {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, "", problemf(malformed, "token: x5c[%d]: %v", i, err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, "", problemf(malformed, "token: x5c[%d]: %v", i, err)
		}
		chain = append(chain, cert)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(l.ca.tlsRoot.certificate)
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err = chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: l.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, "", problemf(unauthorized, "token: its signer is not a Token Authority that this server trusts: %v", err)
	}
	if !signsTokens(chain[0]) {
		return nil, "", problemf(unauthorized, "token: its signer is no Token Authority")
	}
	return chain[0], header.Alg, nil
}

// check compares the claims with the identifier and the account.
func (c *tokenClaims) check(id identifier, thumbprint string) *problem {
	switch {
	case c.ATC == nil:
		return problemf(malformed, "token: no claim atc")
	case !strings.EqualFold(c.ATC.Type, id.Type):
		return problemf(unauthorized, "token: tktype %q, want %q", c.ATC.Type, id.Type)
	case !strings.EqualFold(c.ATC.Value, id.Value):
		return problemf(unauthorized, "token: tkvalue %q, want %q", c.ATC.Value, id.Value)
	case !isFingerprint(c.ATC.Fingerprint, thumbprint):
		return problemf(unauthorized, "token: fingerprint %q is not the account key's", c.ATC.Fingerprint)
	case c.ATC.CA:
		return problemf(unauthorized, "token: ca is true, and no CA certificate is issued here")
	case c.ID == "":
		return problemf(malformed, "token: no claim jti")
	case c.Expires == nil:
		return problemf(malformed, "token: no claim exp")
	}
	return nil
}

// checkTokenTime checks the token's life, and that it is used for the first
// time. Lab.mu must be held.
func (l *Lab) checkTokenTime(c tokenClaims) *problem {
	now, expires := l.now(), c.Expires.time()
	switch {
	case !expires.After(now.Add(-tokenSkew)):
		return problemf(unauthorized, "token: it expired at %s", timestamp(expires))
	case expires.After(now.Add(tokenMaxLife + tokenSkew)):
		return problemf(unauthorized, "token: it lasts until %s, want an hour at most", timestamp(expires))
	case c.NotBefore != nil && c.NotBefore.time().After(now.Add(tokenSkew)):
		return problemf(unauthorized, "token: it is not valid before %s", timestamp(c.NotBefore.time()))
	}
	if _, used := l.state.tokens[c.ID]; used {
		return problemf(unauthorized, "token: jti %q was used before", c.ID)
	}
	for id, end := range l.state.tokens { // those that no check of time lets pass any more
		if end.Before(now.Add(-tokenSkew)) {
			delete(l.state.tokens, id)
		}
	}
	l.state.tokens[c.ID] = expires
	return nil
}

// isFingerprint reports whether a claim is a thumbprint: "SHA256 " and hex with
// colons, or the thumbprint itself.
func isFingerprint(claim, thumbprint string) bool {
	if claim == thumbprint {
		return true
	}
	sum, err := decodeBase64(thumbprint)
	return err == nil && strings.EqualFold(claim, fingerprint(sum))
}

func fingerprint(sum []byte) string {
	octets := make([]string, len(sum))
	for i, b := range sum {
		octets[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return fmt.Sprintf("SHA256 %s", strings.Join(octets, ":"))
}
