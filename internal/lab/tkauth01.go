package lab

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// Limits of a token: how much clocks may differ, and how long a token may live.
const (
	tokenSkew    = time.Minute
	tokenMaxLife = time.Hour
)

// tkauth01 is the challenge type for NF instance IDs (RFC 9447 3, TS 33.310
// Annex J.2.2).
func tkauth01() challengeType {
	return challengeType{
		name:     "tkauth-01",
		proves:   func(id identifier) bool { return id.Type == typeInstance },
		describe: describeTKAuth,
		validate: func(_ context.Context, l *Lab, a attempt) *problem {
			token, p := l.tokenOf(a.payload)
			if p != nil {
				return p
			}
			return l.checkToken(token, a.identifier, a.thumbprint)
		},
		immediate: true,
	}
}

// describeTKAuth adds the type of token and the URL of the Token Authority.
func describeTKAuth(l *Lab, v *challengeView) {
	v.TokenType = cmp.Or(l.faults.tokenType, "atc")
	v.Authority = cmp.Or(l.faults.tokenAuthority, l.TokenAuthorityURL())
	if v.Authority == "-" {
		v.Authority = ""
	}
	if l.faults.noChallengeToken {
		v.Token = ""
	}
}

// atcClaim is the claim of a token about an identifier (RFC 9447 4).
type atcClaim struct {
	Type        string `json:"tktype"`
	Value       string `json:"tkvalue"`
	Fingerprint string `json:"fingerprint"`
	CA          bool   `json:"ca"`
}

// tokenClaims are the claims that the lab checks.
type tokenClaims struct {
	Expires   *numericDate `json:"exp"`
	NotBefore *numericDate `json:"nbf"`
	ID        string       `json:"jti"`
	ATC       *atcClaim    `json:"atc"`
}

// numericDate is seconds since 1970, possibly with a fraction (RFC 7519 2).
type numericDate float64

// time limits the date to the years 1970 to 9999.
func (d numericDate) time() time.Time {
	return time.Unix(int64(min(max(d, 0), 253402300799)), 0)
}

// tokenOf gets the token from an answer to a challenge: {"tkauth": …} as in RFC
// 9448, or {"atc": …} as older clients send it.
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
		case ok && field == cmp.Or(l.faults.tokenField, field):
			return token, nil
		}
	}
	return "", problemf(malformed, "the answer to a tkauth-01 challenge has no token in member %q (RFC 9448)", cmp.Or(l.faults.tokenField, "tkauth"))
}

// checkToken validates an Authority Token (RFC 9447, RFC 9448), and returns what
// is wrong with it, or nil.
func (l *Lab) checkToken(token string, id identifier, thumbprint string) *problem {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return problemf(malformed, "token: %d parts, want the 3 of a compact JWS", len(parts))
	}
	signer, algorithm, p := l.trustedSigner(parts[0])
	if p != nil {
		return p
	}
	signature, err := decodeBase64(parts[2])
	if err != nil {
		return problemf(malformed, "token: signature: %v", err)
	}
	key, err := newPublicKey(signer.PublicKey)
	if err != nil {
		return problemf(unauthorized, "token: key of the signer: %v", err)
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

// trustedSigner reads the header and verifies the chain of the signer in x5c.
func (l *Lab) trustedSigner(part string) (signer *x509.Certificate, algorithm string, p *problem) {
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
	case header.Typ != "" && !strings.EqualFold(header.Typ, "JWT"): // optional, RFC 7519 5.1
		return nil, "", problemf(malformed, "token: typ %q, want JWT", header.Typ)
	case header.Alg == "" || header.Alg == "none" || strings.HasPrefix(header.Alg, "HS"):
		return nil, "", problemf(unauthorized, "token: alg %q, want an asymmetric one (RFC 8725 3.1)", header.Alg)
	case len(header.X5C) == 0 && header.X5U != "":
		return nil, "", problemf(unauthorized, "token: x5u is not supported, want the certificate of the signer in x5c")
	case len(header.X5C) == 0:
		return nil, "", problemf(unauthorized, "token: no x5c, want the certificate of the signer")
	}
	var chain []*x509.Certificate
	for i, text := range header.X5C {
		var cert *x509.Certificate
		der, err := base64.StdEncoding.DecodeString(text)
		if err == nil {
			cert, err = x509.ParseCertificate(der)
		}
		if err != nil {
			return nil, "", problemf(malformed, "token: x5c[%d]: %v", i, err)
		}
		chain = append(chain, cert)
	}
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(l.ca.tlsRoot.certificate)
	for _, cert := range chain[1:] {
		intermediates.AddCert(cert)
	}
	_, err = chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: l.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, "", problemf(unauthorized, "token: this server does not trust the signer: %v", err)
	}
	if !signsTokens(chain[0]) {
		return nil, "", problemf(unauthorized, "token: the signer is not a Token Authority")
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
		return problemf(unauthorized, "token: fingerprint %q is not that of the account key", c.ATC.Fingerprint)
	case c.ATC.CA:
		return problemf(unauthorized, "token: ca is true, but this server issues no CA certificates")
	case c.ID == "":
		return problemf(malformed, "token: no claim jti")
	case c.Expires == nil:
		return problemf(malformed, "token: no claim exp")
	}
	return nil
}

// checkTokenTime checks the validity of the token, and that it is used for the
// first time.
func (l *Lab) checkTokenTime(c tokenClaims) *problem {
	now, expires := l.now(), c.Expires.time()
	switch {
	case !expires.After(now.Add(-tokenSkew)):
		return problemf(unauthorized, "token: expired at %s", timestamp(expires))
	case expires.After(now.Add(tokenMaxLife + tokenSkew)):
		return problemf(unauthorized, "token: valid until %s, want at most an hour", timestamp(expires))
	case c.NotBefore != nil && c.NotBefore.time().After(now.Add(tokenSkew)):
		return problemf(unauthorized, "token: not valid before %s", timestamp(c.NotBefore.time()))
	}
	if !l.usedTokens.add(c.ID, expires, now) {
		return problemf(unauthorized, "token: jti %q was used before", c.ID)
	}
	return nil
}

// usedTokens are the Authority Tokens that answered a challenge. It is safe for
// concurrent use. The zero value is empty.
type usedTokens struct {
	mu      sync.Mutex
	expires map[string]time.Time // by jti
}

// add reports false when the token was used before. It forgets expired tokens.
func (u *usedTokens) add(jti string, expires, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, used := u.expires[jti]; used {
		return false
	}
	if u.expires == nil {
		u.expires = make(map[string]time.Time)
	}
	maps.DeleteFunc(u.expires, func(_ string, end time.Time) bool { return end.Before(now.Add(-tokenSkew)) })
	u.expires[jti] = expires
	return true
}

// isFingerprint reports whether a claim is a thumbprint: as fingerprint formats
// it, or the thumbprint itself.
func isFingerprint(claim, thumbprint string) bool {
	if claim == thumbprint {
		return true
	}
	sum, err := decodeBase64(thumbprint)
	return err == nil && strings.EqualFold(claim, fingerprint(sum))
}

// fingerprint is "SHA256 " and the sum in hexadecimal with colons (RFC 9447 4).
func fingerprint(sum []byte) string {
	return "SHA256 " + strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
}
