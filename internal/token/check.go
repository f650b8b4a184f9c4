package token

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// CheckOptions say how strictly a token is checked. The zero value does not verify
// the signature, and accepts any token that has not expired.
type CheckOptions struct {
	Roots *x509.CertPool // of the authority; nil: the signature is not verified
	Life  time.Duration  // how long the token must still be valid
	// Skew is the tolerated difference between this clock and the authority's.
	Skew time.Duration
}

// Check names one requirement on a token.
type Check string

// The checks, in their order.
const (
	CheckAlgorithm   Check = "algorithm"
	CheckJWT         Check = "typ"
	CheckATC         Check = "atc"
	CheckType        Check = "identifier type"
	CheckValue       Check = "identifier"
	CheckFingerprint Check = "fingerprint"
	CheckCA          Check = "ca"
	CheckID          Check = "jti"
	CheckNotBefore   Check = "not before"
	CheckExpiry      Check = "expiry"
	CheckSigner      Check = "signer"
	CheckSignature   Check = "signature"
)

// CheckError is a check that a token fails.
type CheckError struct {
	Check  Check
	Found  string
	Wanted string
	Clause string
}

func (e *CheckError) Error() string {
	return fmt.Sprintf("the token's %s: found %s, want %s", e.Check, e.Found, e.Wanted)
}

// Check compares a token with what was asked for, and returns the first fault as a
// [CheckError]. An ACME server makes the same checks, and fails the order when one
// of them fails.
func (t *Token) Check(want ATC, now time.Time, o CheckOptions) error {
	if faults := t.Faults(want, now, o); len(faults) > 0 {
		return faults[0]
	}
	return nil
}

// Checks lists all checks, in their order.
func Checks() []Check {
	return []Check{
		CheckAlgorithm, CheckJWT, CheckATC, CheckType, CheckValue, CheckFingerprint, CheckCA, CheckID, CheckNotBefore, CheckExpiry, CheckSigner, CheckSignature,
	}
}

// Faults is Check, but returns every fault. Empty members of want are not compared.
func (t *Token) Faults(want ATC, now time.Time, o CheckOptions) []*CheckError {
	var faults []*CheckError
	fail := func(check Check, found, wanted, clause string) {
		faults = append(faults, &CheckError{check, cmp.Or(found, "none"), wanted, clause})
	}
	const atc, jwt = "RFC 9447 4", "RFC 7519 4.1"
	if !slices.Contains(algorithms, jose.SignatureAlgorithm(t.Algorithm)) {
		fail(CheckAlgorithm, quote(t.Algorithm), "an asymmetric one such as ES256", "RFC 8725 3.1")
	}
	if t.Type != "" && !strings.EqualFold(t.Type, "JWT") {
		fail(CheckJWT, quote(t.Type), `"JWT", or none`, "RFC 7519 5.1")
	}
	if t.ATC == (ATC{}) {
		fail(CheckATC, "", "the claim atc", atc)
	} else {
		if want.Type != "" && !strings.EqualFold(t.ATC.Type, want.Type) {
			fail(CheckType, quote(t.ATC.Type), quote(want.Type), atc)
		}
		if want.Value != "" && !sameValue(want.Type, t.ATC.Value, want.Value) {
			fail(CheckValue, quote(t.ATC.Value), quote(want.Value), atc)
		}
		if want.Fingerprint != "" && !SameFingerprint(t.ATC.Fingerprint, want.Fingerprint) {
			fail(CheckFingerprint, quote(t.ATC.Fingerprint), want.Fingerprint+", that of the account key", atc)
		}
		if t.ATC.CA && !want.CA {
			fail(CheckCA, "true", "false: no CA certificate was asked for", atc)
		}
	}
	if t.ID == "" {
		fail(CheckID, "", "an id", jwt+".7")
	}
	if !t.NotBefore.IsZero() && t.NotBefore.After(now.Add(o.Skew)) {
		fail(CheckNotBefore, stamp(t.NotBefore), "a time before "+stamp(now), jwt+".5")
	}
	switch {
	case t.Expires.IsZero():
		fail(CheckExpiry, "", "a time", jwt+".4")
	case !t.Expires.After(now.Add(-o.Skew)):
		fail(CheckExpiry, stamp(t.Expires), "a time after "+stamp(now), jwt+".4")
	case o.Life > 0 && t.Expires.Before(now.Add(o.Life)):
		fail(CheckExpiry, stamp(t.Expires), fmt.Sprintf("%s or more from now, %s", o.Life, stamp(now)), jwt+".4")
	}
	if o.Roots != nil {
		if err := t.verify(now, o.Roots); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// verify checks the signature with the first certificate of x5c.
func (t *Token) verify(now time.Time, roots *x509.CertPool) *CheckError {
	const clause = "RFC 9447 4"
	if len(t.Chain) == 0 {
		return &CheckError{CheckSigner, t.withoutChain(), "one that chains to the authority's root", clause}
	}
	between := x509.NewCertPool()
	for _, cert := range t.Chain[1:] {
		between.AddCert(cert)
	}
	_, err := t.Chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return &CheckError{CheckSigner, err.Error(), "a certificate that chains to the authority's root", clause}
	}
	if t.signed == nil {
		return &CheckError{CheckSignature, "none that can be verified", "one by the certificate in x5c", "RFC 7515 5.2"}
	}
	if _, err := t.signed.Verify(t.Chain[0].PublicKey); err != nil {
		return &CheckError{CheckSignature, "one by another key", "one by the certificate in x5c", "RFC 7515 5.2"}
	}
	return nil
}

// withoutChain says how a token without x5c names its signer.
func (t *Token) withoutChain() string {
	if t.X5U != "" {
		return "no certificate in x5c, but an x5u that was not followed"
	}
	return "no certificate in x5c"
}

// caseless are the identifier types whose values are compared without case (TS
// 33.310 Annex J.2.2, RFC 4343). Other values are case-sensitive, such as the
// base64url of RFC 9448's TNAuthList.
var caseless = []string{"NfInstanceId", "dns"}

func sameValue(kind, a, b string) bool {
	if slices.ContainsFunc(caseless, func(k string) bool { return strings.EqualFold(k, kind) }) {
		return strings.EqualFold(a, b)
	}
	return a == b
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// quote quotes and caps a value of the token. It returns "" for an empty one.
func quote(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("%.120q", s)
}
